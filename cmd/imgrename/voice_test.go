package main

import (
	"testing"

	"imgrename/batch/plan"
)

// TestCountsOf: the outcomes that there are, in their own order.
func TestCountsOf(t *testing.T) {
	totals := func(outcomes ...plan.Outcome) (all plan.Totals) {
		for _, o := range outcomes {
			all[o]++
		}
		return all
	}
	for _, test := range []struct {
		name   string
		totals plan.Totals
		want   string
	}{
		{"none", totals(), ""},
		{"one", totals(plan.Applied), "1 applied"},
		{
			"some", totals(plan.Stranded, plan.Refused, plan.Applied, plan.Unchanged, plan.Applied),
			"2 applied, 1 unchanged, 1 refused, 1 stranded",
		},
		{
			"all", totals(plan.Outcomes()...),
			"1 applied, 1 unchanged, 1 planned, 1 refused, 1 conflict, 1 failed, 1 blocked, 1 pending, 1 unknown, 1 stranded",
		},
		{"nothing decided yet", totals(plan.Undecided, plan.Undecided), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := countsOf(test.totals.Counts()); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
