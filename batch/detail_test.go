package batch_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch"
	"imgrename/batch/ecs/ecssim"
)

// TestDetails: each call for a row is told, with its answer, and each wait with
// its length and reason; those of a row in order.
func TestDetails(t *testing.T) {
	for _, test := range []struct {
		name  string
		kinds []ecssim.Kind
		want  []string
	}{
		{"at once", nil, []string{"1 applied"}},
		{"without a clear answer first", []ecssim.Kind{"unavailable"}, []string{"1 ambiguous", "wait before the next attempt", "2 applied"}},
		{"throttled does not count", []ecssim.Kind{"throttle"}, []string{"0 throttled", "1 applied"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got []string
				s := scene{images: images("m-1:a"), rows: rows("m-1:b"), detail: func(d batch.Detail) {
					text := fmt.Sprintf("%d %s", d.Attempts, d.Class)
					if d.Wait > 0 {
						text = "wait " + d.Why
					} else if d.RequestID == "" {
						t.Errorf("%s: no request id", text)
					}
					got = append(got, text)
				}}
				for _, kind := range test.kinds {
					s.faults = append(s.faults, write(kind, "m-1", 1))
				}
				s.play(t.Context(), t)
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}
