package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/manifest"
	"imgrename/report"
)

// TestClosedOnlyIfWritten: a run is called closed only where that was written
// down. Else its rows are said all the same, and what to type next; the exit code
// is that of the rows.
func TestClosedOnlyIfWritten(t *testing.T) {
	for _, test := range []struct {
		name    string
		outcome plan.Outcome
		broken  bool
		want    int
		closed  bool
	}{
		{"rows that were not tried are dropped", plan.Pending, false, codeOK, true},
		{"not written, with rows that were not tried", plan.Pending, true, codePending, false},
		{"not written, with nothing left", plan.Applied, true, codeFailed, false},
		{"not written, with a row whose fate is not known", plan.Unknown, true, codeUncertain, false},
		{"a row whose fate is not known", plan.Unknown, false, codeUncertain, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			run := newRun(t, folder)
			state, err := runs.Open(filepath.Join(folder, "state"))
			if err != nil {
				t.Fatal(err)
			}
			defer state.Close()
			if err := run.Begin(runs.Head{Rows: 1}); err != nil {
				t.Fatal(err)
			}
			if test.broken { // no file can take its place
				if err := os.Mkdir(filepath.Join(run.Root().Name(), "end.json"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			var out, said bytes.Buffer
			s := streams{out: &sink{w: &out}, err: &sink{w: &said}}
			a := &application{planning: planning{common: &common{streams: s}}}
			row := plan.Row{Request: plan.Request{Row: &manifest.Row{Line: 2, RegionID: "cn-hangzhou"}}, ImageID: "m-1", Old: &ecs.Attributes{}}
			made := &plan.Plan{Lanes: make([]plan.Lane, 1), Rows: []plan.Row{row}}
			r := report.Report{Plan: made, Results: []history.Result{{Outcome: test.outcome}}}

			id := run.ID()
			err = a.finishClosed(state, &work{plan: made, run: run, aim: toAbandon}, r, nil)

			if got := exitCode(err); got != test.want {
				t.Errorf("exit code %d, want %d", got, test.want)
			}
			if closed := strings.Contains(out.String(), "is closed"); closed != test.closed {
				t.Errorf("called closed: %v", closed)
			}
			if next := strings.HasSuffix(out.String(), "; next: imgrename resume "+id+"\n"); next == test.closed {
				t.Errorf("the command to type next is there: %v", next)
			}
			if !strings.Contains(out.String(), test.outcome.String()) {
				t.Error("the row is not said")
			}
			if unwritten := unsaid(err) != nil; unwritten != test.broken {
				t.Errorf("said as an error: %v", unsaid(err))
			}
		})
	}
}
