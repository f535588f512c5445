package batch_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestModelFindsAblations removes one precaution at a time. The search has to
// notice, by what becomes of the images and not only by what is sent.
func TestModelFindsAblations(t *testing.T) {
	for _, tt := range []struct {
		name   string
		faults int
		want   []string // invariants, each of which is violated
		ablation
	}{
		{name: "no settle time", faults: 2, want: []string{"I2", "I3", "I5", "I7"}, ablation: ablation{noSettle: true}},
		{name: "no read-back", faults: 1, want: []string{"L2"}, ablation: ablation{noReadBack: true}},
		{name: "no comparison before a write", faults: 1, want: []string{"I6"}, ablation: ablation{noCompare: true}},
		{name: "no way home", faults: 2, want: []string{"L4"}, ablation: ablation{noWayHome: true}},
		{name: "no unwinding", faults: 1, want: []string{"I3"}, ablation: ablation{noUnwinding: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := modelScenes[0]
				s.age, s.ablation = 11*time.Second, tt.ablation
				search := newSearch(&s)
				search.explore(nil, tt.faults)
				for invariant, f := range search.found {
					t.Logf("%s, %d times, first: %s", invariant, f.times, f.what)
					if slices.Contains(tt.want, invariant) {
						t.Logf("-model-script '%s'\n%s", scriptText(f.script), search.tell(f.script))
					}
				}
				for _, invariant := range tt.want {
					if search.found[invariant] == nil {
						t.Errorf("%d traces, and %s holds", search.traces, invariant)
					}
				}
			})
		})
	}
}
