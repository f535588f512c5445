package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

// A command that takes too long is killed, with what it has started.
func TestHookIsKilledInTime(t *testing.T) {
	alive := filepath.Join(t.TempDir(), "alive")
	c := &common{streams: streams{err: &sink{w: new(bytes.Buffer)}}, stateDir: t.TempDir()}
	began := time.Now()
	err := c.call([]string{"sh", "-c", "(sleep 600; touch " + alive + ") & wait"}, 50*time.Millisecond)
	if err == nil || err.Error() != "killed after 50ms" {
		t.Errorf("error = %v", err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("took %s", took)
	}
	// The output of what it started stays open until that has ended, too.
	if _, err := os.Stat(alive); err == nil {
		t.Error("what it started lives on")
	}
}

// What a command has started and left may go on.
func TestHookLeavesAChild(t *testing.T) {
	done := filepath.Join(t.TempDir(), "done")
	c := &common{streams: streams{err: &sink{w: new(bytes.Buffer)}}, stateDir: t.TempDir()}
	if err := c.call([]string{"sh", "-c", "(sleep 0.7; touch " + done + ") &"}, time.Minute); err != nil {
		t.Error(err)
	}
	for {
		if _, err := os.Stat(done); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// The five most urgent rows are told, in the order of the manifest where they
// are equally urgent.
func TestHookGetsTheUrgentRows(t *testing.T) {
	outcomes := []plan.Outcome{
		plan.Applied, plan.Pending, plan.Refused, plan.Failed, plan.Unchanged, plan.Failed, plan.Stranded, plan.Unknown, plan.Blocked,
	}
	e := ending{summary: summaryOf(nil), run: "r-1"}
	e.report.Plan = new(plan.Plan)
	for i, o := range outcomes {
		row := plan.Row{Request: plan.Request{Row: &manifest.Row{Line: i + 2}}, Old: new(ecs.Attributes)}
		e.report.Plan.Rows = append(e.report.Plan.Rows, row)
		e.report.Results = append(e.report.Results, history.Result{Outcome: o})
	}
	var got struct {
		Event string
		Rows  []struct {
			Event string
			report.Line
		}
	}
	line := e.line()
	if err := json.Unmarshal(line, &got); err != nil || strings.Count(string(line), "\n") != 1 {
		t.Fatalf("%v in %q", err, line)
	}
	var said []string
	for _, row := range got.Rows {
		said = append(said, row.Event+" "+row.Outcome)
	}
	want := "row stranded,row unknown,row failed,row failed,row refused"
	if text := strings.Join(said, ","); text != want || got.Event != "summary" {
		t.Errorf("%s: %s, want %s", got.Event, text, want)
	}
}
