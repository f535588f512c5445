package main

// What is said of a run that is closed, by --abandon or for another job, and of
// images that stay under temporary names.

import (
	"fmt"
	"slices"
	"strings"

	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/report"
)

// tellOther says how the run of another job was closed for this one, or that it
// could not be: what that has changed, and what is left.
func (c *common) tellOther(e *lifecycle.Ending, source string) {
	how := "not closed"
	if e.Closed {
		how = "closed"
	}
	if c.json {
		c.event(closedEventOf(e, source, c.nextAfter(e, "")))
	}
	if !c.quiet || !e.Closed || e.Unwritten != nil {
		if !c.json {
			_ = freshOf(e).Text(c.err) // a sink never fails
		}
		fmt.Fprintf(c.err, "run %s is %s: %s\n", e.Run, how, summaryOf(e.Results))
	}
	c.tellWayOut(e)
	if !e.Closed {
		return
	}
	if undone := c.dropped(e.Run, source, history.Totals(e.Results).Counts()); undone != nil {
		fmt.Fprint(c.err, factAndHint(undone.Error(), undone.Hint()))
	}
}

// tellAbandoned says what became of the rows of a run that --abandon has closed.
func (c *common) tellAbandoned(e *lifecycle.Ending, err error) {
	if c.quiet && err == nil {
		return
	}
	_ = reportOf(e).Text(c.out) // a sink never fails
	fmt.Fprintf(c.out, "run %s is closed: %s\n", e.Run, summaryOf(e.Results))
}

// tellWayOut names the images that stay under temporary names, and says how they
// get out.
func (c *common) tellWayOut(e *lifecycle.Ending) {
	var ids []string
	for _, row := range e.Parked() {
		ids = append(ids, e.Plan.Rows[row].ImageID)
	}
	if len(ids) > 0 {
		fmt.Fprint(c.err, factAndHint("under temporary names: "+strings.Join(ids, ", "), wayOut(e)))
	}
}

// freshOf returns the report of the rows that a process has changed or left: not
// those that an earlier one had done.
func freshOf(e *lifecycle.Ending) (r report.Report) {
	r.Plan, r.Extra = new(plan.Plan), e.Extra
	for i, result := range e.Results {
		if row := e.Plan.Rows[i]; row.Verdict != plan.Unchanged || !result.Outcome.Succeeded() {
			r.Plan.Rows, r.Results = append(r.Plan.Rows, row), append(r.Results, result)
		}
	}
	return r
}

// stuck reports whether a run has come to its end but for images that a resume
// cannot get out of their temporary names either.
func stuck(e *lifecycle.Ending) bool {
	parked, totals := e.Parked(), history.Totals(e.Results)
	held := func(row int) bool { return e.Plan.Rows[row].Verdict == plan.Stranded }
	return len(parked) > 0 && e.Stopped == nil && totals[plan.Stranded] == len(parked) && totals[plan.Unknown] == 0 &&
		!slices.ContainsFunc(parked, func(row int) bool { return !held(row) })
}

// wayOut says how images that stay under temporary names get out of them.
func wayOut(e *lifecycle.Ending) string {
	if len(e.Parked()) == 0 {
		return ""
	}
	row := &e.Plan.Rows[e.Parked()[0]]
	way := fmt.Sprintf("apply a manifest that gives %s in %s a free image_name", row.ImageID, row.RegionID)
	if e.Closed {
		return way
	}
	return way + ": that closes run " + e.Run + "; or free one of its names and resume"
}
