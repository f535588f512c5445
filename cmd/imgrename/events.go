package main

import (
	"time"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/report"
)

// The events of --json: one object a line, told apart by "event". Values are
// exact.
type (
	problemEvent struct {
		Event   string `json:"event"` // problem or warning
		File    string `json:"file"`
		Line    int    `json:"line"`
		Column  string `json:"column,omitempty"`
		Message string `json:"message"`
		Hint    string `json:"hint,omitempty"`
	}
	rowEvent struct {
		Event string `json:"event"` // row
		report.Line
		Run string `json:"run,omitempty"` // which has the row; a plan has none
	}
	changeEvent struct {
		Event string `json:"event"` // change
		report.Change
	}
	noticeEvent struct {
		Event string `json:"event"` // warning or risk
		plan.Notice
		Account string `json:"account"`
		Region  string `json:"region_id"`
	}
	laneEvent struct {
		Event   string    `json:"event"` // lane
		Account string    `json:"account"`
		Region  string    `json:"region_id"`
		State   string    `json:"state"` // of batch.LaneState
		Since   time.Time `json:"since"`
		At      time.Time `json:"at"`
		Error   string    `json:"error,omitempty"`
	}
	refusalEvent struct {
		Event   string `json:"event"` // refusal: apply would not start
		Message string `json:"message"`
		Hint    string `json:"hint,omitempty"`
	}
	versionEvent struct {
		Event    string `json:"event"` // version
		Version  string `json:"version"`
		Go       string `json:"go"`
		Platform string `json:"platform"`
	}
	summaryEvent struct {
		Event     string         `json:"event"` // summary
		Rows      int            `json:"rows"`
		Counts    map[string]int `json:"counts"`
		Run       string         `json:"run,omitempty"`
		Rehearsed string         `json:"rehearsed_on,omitempty"` // the file of a rehearsal
		Plan      string         `json:"plan,omitempty"`         // the sum of the plan that was saved
		Why       string         `json:"stopped,omitempty"`
		Exit      int            `json:"exit_code"`
		Error     string         `json:"error,omitempty"` // what the rows do not tell
		Hint      string         `json:"hint,omitempty"`
		Next      string         `json:"next,omitempty"` // the command to type next
	}
)

// event writes one event to standard output.
func (c *common) event(e any) {
	before := c.out.written
	_ = report.Encoder(c.out).Encode(e) // a sink never fails, and events are plain data
	c.events += c.out.written - before
	if _, ok := e.(summaryEvent); ok {
		c.summed = true
	}
}

// lastEvent is the summary of a command that came to none: it has no rows, or
// ended before they had outcomes. Where standard output is a manifest, a sheet or
// anything else that was asked for, there are no events.
func (c *common) lastEvent(err error) {
	if !c.json || c.summed || c.out.written != c.events {
		return
	}
	end := summarise(nil, ending{}, exitCode(err))
	end.Error, end.Hint = textOf(unsaid(err)), hintOf(err)
	c.event(end)
}

// laneEventOf is what is told of a lane's trouble.
func laneEventOf(lane plan.Lane, e batch.LaneEvent) laneEvent {
	stamp := func(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
	event := laneEvent{
		Event: "lane", Account: lane.Account, Region: lane.Region,
		State: e.State.String(), Since: stamp(e.Since), At: stamp(e.At),
	}
	if e.Err != nil {
		event.Error = e.Err.Error()
	}
	return event
}

func summarise(results []history.Result, e ending, code int) summaryEvent {
	return summaryEvent{
		Event: "summary", Rows: len(results), Counts: history.Totals(results).Counts(),
		Run: e.run, Rehearsed: e.rehearsed, Plan: e.plan, Why: e.why, Exit: code, Next: e.next,
	}
}

// planEvents writes a plan: every row, every step in its order, and what a
// person should know.
func (c *common) planEvents(p *plan.Plan, dry report.Report) {
	for i := range dry.Results {
		c.event(rowEvent{"row", dry.Line(i), ""})
	}
	for change := range report.Steps(p) {
		c.event(changeEvent{"change", change})
	}
	for _, list := range []struct {
		event   string
		notices []plan.Notice
	}{{"warning", p.Warnings}, {"risk", p.Risks}} {
		for _, n := range list.notices {
			c.event(noticeEvent{list.event, n, p.Lanes[n.Lane].Account, p.Lanes[n.Lane].Region})
		}
	}
}
