package report_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

// partOf is a report of the rows in some lines, all of one lane.
func partOf(lane plan.Lane, outcome plan.Outcome, lines ...int) report.Report {
	r := report.Report{Plan: &plan.Plan{Lanes: []plan.Lane{{Region: "unused"}, lane}}, Extra: []string{"x_role"}}
	for _, line := range lines {
		r.Plan.Rows = append(r.Plan.Rows, plan.Row{
			Request: plan.Request{Row: &manifest.Row{Line: line, RegionID: lane.Region, Extra: []string{"web"}}, Lane: 1}, Old: new(ecs.Attributes),
		})
		r.Results = append(r.Results, history.Result{Outcome: outcome})
	}
	return r
}

func TestJoin(t *testing.T) {
	one, two := plan.Lane{Account: "1", Region: "r-1"}, plan.Lane{Account: "1", Region: "r-2"}
	joined, err := report.Join([]report.Report{partOf(one, plan.Applied, 2, 5), partOf(two, plan.Failed, 3), partOf(one, plan.Pending, 4), {Plan: new(plan.Plan)}})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for i, row := range joined.Plan.Rows {
		text.WriteString(joined.Plan.Lanes[row.Lane].Region + " " + joined.Results[i].Outcome.String() + "; ")
	}
	if got := text.String(); got != "r-1 applied; r-2 failed; r-1 pending; r-1 applied; " || !slices.Equal(joined.Lines(), []int{2, 3, 4, 5}) || len(joined.Plan.Lanes) != 2 {
		t.Errorf("%s, lines %v, lanes %v", got, joined.Lines(), joined.Plan.Lanes)
	}
	if err := joined.CSV(&text); err != nil || !strings.Contains(text.String(), "x_role") {
		t.Errorf("%v: %s", err, text.String())
	}
	_, err = report.Join([]report.Report{partOf(one, plan.Applied, 2, 5), partOf(two, plan.Failed, 3), partOf(one, plan.Pending, 5)})
	if overlap, ok := errors.AsType[*report.OverlapError](err); !ok || *overlap != (report.OverlapError{Line: 5, First: 0, Second: 2}) {
		t.Errorf("two have line 5: %v", err)
	}
}
