package lifecycle_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"imgrename/batch"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// oldNames are those of an ending's rows.
func oldNames(e *lifecycle.Ending) string {
	var names []string
	for i := range e.Plan.Rows {
		names = append(names, e.Plan.Rows[i].OldName())
	}
	return strings.Join(names, " ")
}

// TestNameBeforeParkingIsKnown: the old name of an image that another run has left
// under a temporary name is the one that this run's plan has, also after a resume
// and in what is rebuilt; a temporary name that no run would give is not explained.
func TestNameBeforeParkingIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		if _, err := w.process().apply(t.Context(), "b:cc", "c:bb"); err != nil {
			t.Fatal(err)
		}
		w.put("b", plan.TemporaryName(account, region, "m-b", "cc"))
		w.put("d", plan.TemporaryName(account, region, "m-d", "nobody"))

		ctx, cancel := context.WithCancel(t.Context())
		p := w.within(0)
		p.at = func(e lifecycle.Event) {
			if row, ok := e.(lifecycle.Row); ok && row.Kind == batch.Acknowledged {
				cancel()
			}
		}
		e, err := p.apply(ctx, "b:xx", "d:yy", "e:zz")
		if err != nil {
			t.Fatal(err)
		}
		const want = "bb  ee"
		if got := oldNames(e); got != want || e.Stopped == nil {
			t.Errorf("the old names are %q, want %q; stopped: %v", got, want, e.Stopped)
		}
		e = w.process().resume(t.Context())
		w.expect(e, "applied applied applied", false, 6)
		if got := oldNames(e); got != want {
			t.Errorf("after a resume the old names are %q, want %q", got, want)
		}
		state, err := runs.Open(w.state)
		if err != nil {
			t.Fatal(err)
		}
		defer state.Close()
		if e, err = lifecycle.Rebuild(state, e.Run); err != nil || oldNames(e) != want {
			t.Errorf("rebuilt, the old names are %q, want %q; %v", oldNames(e), want, err)
		}
	})
}
