package main

import (
	"testing"

	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/report"
)

// TestHeldBack: of many rows that are held back the first are shown and the
// others counted.
func TestHeldBack(t *testing.T) {
	r := report.Report{Plan: new(plan.Plan)}
	for _, outcome := range []plan.Outcome{plan.Refused, plan.Planned, plan.Blocked, plan.Unchanged, plan.Conflict, plan.Refused} {
		r.Plan.Rows = append(r.Plan.Rows, plan.Row{})
		r.Results = append(r.Results, history.Result{Outcome: outcome})
	}
	held, more := heldBack(r, 2)
	if len(held.Results) != 2 || len(held.Plan.Rows) != 2 || more != 2 {
		t.Errorf("%d shown and %d more, want 2 and 2", len(held.Results), more)
	}
}
