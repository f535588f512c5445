package report

import (
	"fmt"
	"slices"
	"sort"

	"imgrename/batch/plan"
)

// An OverlapError reports that two of the reports to join have the same row.
type OverlapError struct {
	Line int // of the row in the manifest
	// First and Second are which of the reports have it, by position.
	First, Second int
}

func (e *OverlapError) Error() string { return fmt.Sprintf("line %d is in two reports", e.Line) }

// Join returns one report of the rows of several, which are parts of one manifest, in
// the order of that. Chains and notices are left out. The error is an
// [*OverlapError].
func Join(parts []Report) (Report, error) {
	joined := Report{Plan: new(plan.Plan)}
	lanes := make(map[plan.Lane]int)
	seen := make(map[int]int) // by line: the position of the report
	for n, part := range parts {
		if len(part.Extra) > 0 {
			joined.Extra = part.Extra
		}
		for i := range part.Plan.Rows {
			row := part.Plan.Rows[i]
			if first, twice := seen[row.Line]; twice {
				return Report{}, &OverlapError{row.Line, first, n}
			}
			seen[row.Line] = n
			lane := part.Plan.Lanes[row.Lane]
			at, known := lanes[lane]
			if !known {
				at = len(joined.Plan.Lanes)
				lanes[lane] = at
				joined.Plan.Lanes = append(joined.Plan.Lanes, lane)
			}
			row.Lane = at
			joined.Plan.Rows = append(joined.Plan.Rows, row)
			joined.Results = append(joined.Results, part.Results[i])
		}
	}
	sort.Sort(byLine(joined))
	return joined, nil
}

// byLine sorts rows and their results.
type byLine Report

func (r byLine) Len() int           { return len(r.Results) }
func (r byLine) Less(i, j int) bool { return r.Plan.Rows[i].Line < r.Plan.Rows[j].Line }
func (r byLine) Swap(i, j int) {
	r.Plan.Rows[i], r.Plan.Rows[j] = r.Plan.Rows[j], r.Plan.Rows[i]
	r.Results[i], r.Results[j] = r.Results[j], r.Results[i]
}

// Lines returns the lines of the manifest that the report has, in order.
func (r Report) Lines() []int {
	lines := make([]int, len(r.Plan.Rows))
	for i := range lines {
		lines[i] = r.Plan.Rows[i].Line
	}
	slices.Sort(lines)
	return lines
}
