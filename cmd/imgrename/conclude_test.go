package main

import (
	"bytes"
	"errors"
	"strings"
	"syscall"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/manifest"
)

// TestClosedIsSaidOnlyIfWritten: a run is called closed only if that is on
// disk. Otherwise its rows and the command to type next are shown, and the exit
// code is that of the rows.
func TestClosedIsSaidOnlyIfWritten(t *testing.T) {
	for _, test := range []struct {
		name    string
		outcome plan.Outcome
		closed  bool
		unended error
		want    int
	}{
		{"rows that were not tried are dropped", plan.Pending, true, nil, codeOK},
		{"not written, with rows that were not tried", plan.Pending, false, errors.New("disk full"), codePending},
		{"not written, with nothing left", plan.Applied, false, errors.New("disk full"), codeFailed},
		{"not written, with a row whose fate is not known", plan.Unknown, false, errors.New("disk full"), codeUncertain},
		{"a row whose fate is not known", plan.Unknown, false, nil, codeUncertain},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out, said bytes.Buffer
			c := &common{streams: streams{out: &sink{w: &out}, err: &sink{w: &said}}}
			row := plan.Row{Request: plan.Request{Row: &manifest.Row{Line: 2, RegionID: "cn-hangzhou"}}, ImageID: "m-1", Old: &ecs.Attributes{}}
			e := &lifecycle.Ending{
				Run: "r-1", Plan: &plan.Plan{Lanes: make([]plan.Lane, 1), Rows: []plan.Row{row}},
				Results: []history.Result{{Outcome: test.outcome}}, Closed: test.closed, Unended: test.unended,
			}

			err := c.conclude(e, "")

			if got := exitCode(err); got != test.want {
				t.Errorf("exit code %d, want %d", got, test.want)
			}
			if closed := strings.Contains(out.String(), "is closed"); closed != test.closed {
				t.Errorf("called closed: %v", closed)
			}
			if next := strings.HasSuffix(out.String(), "; next: imgrename resume r-1\n"); next == test.closed {
				t.Errorf("the command to type next is there: %v", next)
			}
			if !strings.Contains(out.String(), test.outcome.String()) {
				t.Error("the row is not said")
			}
			if unwritten := unsaid(err) != nil; unwritten != (test.unended != nil) {
				t.Errorf("said as an error: %v", unsaid(err))
			}
		})
	}
}

// A run that another host took over is not to be resumed here.
func TestTakenOver(t *testing.T) {
	for _, test := range []struct {
		name    string
		outcome plan.Outcome
		want    int
	}{
		{"rows that were not tried", plan.Pending, codePending},
		{"nothing left, as far as this process knows", plan.Applied, codePending},
		{"a row whose fate is not known", plan.Unknown, codeUncertain},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out, said bytes.Buffer
			c := &common{streams: streams{out: &sink{w: &out}, err: &sink{w: &said}}}
			row := plan.Row{Request: plan.Request{Row: &manifest.Row{Line: 2, RegionID: "cn-hangzhou"}}, ImageID: "m-1", Old: &ecs.Attributes{}}
			err := c.conclude(&lifecycle.Ending{
				Run: "r-1", Plan: &plan.Plan{Lanes: make([]plan.Lane, 1), Rows: []plan.Row{row}}, Applied: true,
				Results: []history.Result{{Outcome: test.outcome}}, Stopped: &runs.LostError{Err: syscall.EIO},
			}, "imgrename apply names.csv")
			if got := exitCode(err); got != test.want {
				t.Errorf("exit code %d, want %d", got, test.want)
			}
			if last := out.String(); !strings.Contains(last, "; run r-1; another host took over: ") || strings.Contains(last, "next:") || strings.Contains(last, "resume") {
				t.Errorf("the last line: %s", last)
			}
			if hint := said.String(); !strings.Contains(hint, "hint: imgrename runs") || strings.Contains(hint, "resume") {
				t.Errorf("the hint: %s", hint)
			}
		})
	}
}
