package lifecycle_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/lifecycle"
	"imgrename/batch/runs"
)

// A saved plan is applied once, even if there was nothing to do: what was approved
// is not done again months later, when it means something else.
func TestSavedPlanIsAppliedOnce(t *testing.T) {
	for name, rows := range map[string]string{"changes": "a:x1 b:x2", "nothing to do": "a:aa b:bb"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				saved := w.save(strings.Fields(rows)...)
				if _, err := w.process().applySource(t.Context(), lifecycle.SourceOf("plan.json", saved)); err != nil {
					t.Fatal(err)
				}
				sent := w.sent()
				again := w.process()
				again.Consent = func(context.Context, *lifecycle.Draft, []runs.Info) error {
					t.Error("somebody is asked about a plan that was used")
					return nil
				}
				_, err := again.applySource(t.Context(), lifecycle.SourceOf("plan.json", saved))
				if _, used := errors.AsType[*runs.UsedError](err); !used || w.sent() != sent {
					t.Errorf("the second time: %v, %d calls", err, w.sent()-sent)
				}
			})
		})
	}
}

// A plan whose run was killed before it was sealed was not used: nothing was sent
// for it, and nobody can resume it.
func TestPlanOfAnUnsealedRunIsNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.leave(other...) // to know how the lanes are called
		lanes := w.unfinished()[0].Head.Lanes
		if e := w.within(0).resume(t.Context()); outcomes(e) != "applied applied" {
			t.Fatal(outcomes(e))
		}
		saved := w.save("a:x1", "b:x2")
		state, err := runs.Open(w.state)
		if err != nil {
			t.Fatal(err)
		}
		folder, err := state.NewRun(time.Now())
		if err == nil {
			err = folder.Begin(runs.Head{Job: saved.Plan.JobHash(), Source: "plan.json", Lanes: lanes, Rows: 2, Plan: saved.Sum})
		}
		if err == nil {
			err = errors.Join(state.UsePlan(saved.Sum, folder.ID(), time.Now()), folder.Close(), state.Close())
		}
		if err != nil {
			t.Fatal(err)
		}

		e, err := w.process().applySource(t.Context(), lifecycle.SourceOf("plan.json", saved))
		if err != nil || outcomes(e) != "applied applied" {
			t.Fatal(e, err)
		}
	})
}
