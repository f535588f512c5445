package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"imgrename/batch/plan"
)

// urgency lists the outcomes that need a person, the most urgent first.
var urgency = []plan.Outcome{plan.Stranded, plan.Unknown, plan.Failed, plan.Conflict, plan.Refused, plan.Blocked, plan.Pending}

// Urgent returns the rows that need a person, the most urgent first and else in
// manifest order.
func (r Report) Urgent() []int {
	var rows []int
	for i := range r.Results {
		if slices.Contains(urgency, r.Results[i].Outcome) {
			rows = append(rows, i)
		}
	}
	rank := func(row int) int { return slices.Index(urgency, r.Results[row].Outcome) }
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(rank(a), rank(b)) })
	return rows
}

// A trouble is rows of one lane that ended alike and for the same reason.
type trouble struct {
	row   int // the first of them
	count int
}

// Problems writes the rows that need a person, the most urgent first, each with
// what [Report.Text] has and the hint that [Changes] has. Of the rows of a lane
// that ended alike for the same reason it writes the first one, and how many more
// there are. After most such entries it says how many rows are left out; 0 is no
// bound. Hints are in the reader's tongue too.
func (r Report) Problems(w io.Writer, most int, tongue Tongue) error {
	out := bufio.NewWriter(w) // keeps the first error
	rows := r.Urgent()
	troubles := r.troubles(rows)
	shown := troubles
	if most > 0 {
		shown = troubles[:min(most, len(troubles))]
	}
	regions, images := 0, 0
	for _, t := range shown {
		regions = widest(regions, Printable(r.Plan.Rows[t.row].RegionID))
		images = widest(images, shownID(r.Plan.Rows[t.row].ImageID))
	}
	left := len(rows)
	for _, t := range shown {
		left -= t.count
		r.writeTrouble(out, t, regions, images, tongue)
	}
	if left > 0 {
		fmt.Fprintf(out, "… and %d more\n", left)
	}
	return out.Flush()
}

func (r Report) writeTrouble(out *bufio.Writer, t trouble, regions, images int, tongue Tongue) {
	row, result := &r.Plan.Rows[t.row], &r.Results[t.row]
	line := bareLine(row, result)
	_, _ = out.Write(appendEntry(out.AvailableBuffer(), &line, regions, images))
	indent := strings.Repeat(" ", outcomeWidth+2)
	if more := t.count - 1; more > 0 {
		lane := View{Plan: r.Plan}.laneName(row.Lane)
		fmt.Fprintf(out, "%sand %s in %s for the same reason\n", indent, plan.Count(more, "more row"), Printable(cmp.Or(lane, "(no region)")))
	}
	for _, line := range tongue.Hints(plan.HintFor(result.Code)) {
		fmt.Fprintln(out, indent+line)
	}
}

// troubles groups rows. The groups are in the order of their first rows.
func (r Report) troubles(rows []int) []trouble {
	type reason struct {
		lane    int
		outcome plan.Outcome
		text    string
	}
	var all []trouble
	known := make(map[reason]int) // index into all
	for _, i := range rows {
		why := reason{r.Plan.Rows[i].Lane, r.Results[i].Outcome, r.common(i)}
		n, ok := known[why]
		if !ok {
			n = len(all)
			known[why] = n
			all = append(all, trouble{row: i})
		}
		all[n].count++
	}
	return all
}

// common returns the reason of a row without what is only the row's own: its
// image and its names.
func (r Report) common(i int) string {
	line := bareLine(&r.Plan.Rows[i], &r.Results[i])
	own := []string{strconv.Quote(line.OldName), "\x00", strconv.Quote(line.NewName), "\x00"} // a bare name may be part of any word
	if line.ImageID != "" {
		own = append(own, line.ImageID, "\x00")
	}
	return line.Code + ": " + strings.NewReplacer(own...).Replace(line.Message)
}
