package main

import (
	"fmt"
	"strings"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

// What is listed of a run with so many applied and so many failed rows: a for an
// applied row, f for a failed one, A for a count of applied rows, : for the title
// of the problems, … for those that are left out.
func TestRowsListed(t *testing.T) {
	for _, test := range []struct {
		name            string
		rows            string
		quiet           bool
		screen          int
		applied, failed int
		want            string
	}{
		{"off a terminal, all", "auto", false, 0, 30, 3, "aff" + strings.Repeat("a", 29) + "f"},
		{"on a terminal, where they fit", "auto", false, 6, 2, 3, "affaf"},
		{"more than the screen: folded", "auto", false, 6, 7, 3, "Afff"},
		{"the problems are more than the screen: again", "auto", false, 6, 2, 5, "affafff:fffff"},
		{"not more than 20 of them", "auto", false, 6, 2, 25, "affa" + strings.Repeat("f", 23) + ":" + strings.Repeat("f", 20) + "…"},
		{"all on a terminal, and the problems again", "all", false, 6, 7, 1, "afaaaaaa:f"},
		{"all on a terminal, without problems", "all", false, 6, 7, 0, "aaaaaaa"},
		{"none", "none", false, 0, 7, 2, "ff"},
		{"quiet", "auto", true, 0, 7, 21, strings.Repeat("f", 20) + "…"},
		{"quiet, all", "all", true, 0, 7, 21, strings.Repeat("f", 21)},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			c := &common{rows: test.rows, quiet: test.quiet, streams: streams{out: &sink{terminal: terminal{lines: test.screen}}}}
			if err := c.tellRows(&out, mixed(test.applied, test.failed)); err != nil {
				t.Fatal(err)
			}
			if got := shape(out.String()); got != test.want {
				t.Errorf("%s, want %s:\n%s", got, test.want, &out)
			}
		})
	}
}

// mixed is a report of an applied row, two failed ones, the other applied and the
// other failed ones.
func mixed(applied, failed int) report.Report {
	r := report.Report{Plan: &plan.Plan{Lanes: []plan.Lane{{Account: "1", Region: "cn-hangzhou"}}}}
	add := func(outcome plan.Outcome, n int) {
		for range n {
			i := len(r.Results)
			row := &manifest.Row{ImageID: fmt.Sprint("m-", i), RegionID: "cn-hangzhou", Line: i + 2}
			r.Plan.Rows = append(r.Plan.Rows, plan.Row{Request: plan.Request{Row: row}, ImageID: row.ImageID, Old: new(ecs.Attributes)})
			r.Results = append(r.Results, history.Result{Outcome: outcome, Message: "for a reason" + strings.Repeat("!", i)})
		}
	}
	add(plan.Applied, min(1, applied))
	add(plan.Failed, min(2, failed))
	add(plan.Applied, applied-min(1, applied))
	add(plan.Failed, failed-min(2, failed))
	return r
}

// shape returns a letter for each line of text, without reasons.
func shape(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "applied") && strings.HasSuffix(line, " rows\n"):
			b.WriteByte('A')
		case strings.HasPrefix(line, "not done, "):
			b.WriteByte(':')
		case strings.HasPrefix(line, "…"):
			b.WriteString("…")
		case line[0] == 'a' || line[0] == 'f':
			b.WriteByte(line[0])
		}
	}
	return b.String()
}
