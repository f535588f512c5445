package main

// What programs read with --json: one object a line, told apart by "event".
// Values are exact.

import (
	"time"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/report"
)

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
		State   string    `json:"state"` // a batch.LaneState
		Since   time.Time `json:"since"`
		At      time.Time `json:"at"`
		Error   string    `json:"error,omitempty"`
	}
	closedEvent struct {
		Event  string         `json:"event"` // closed: the run of another job, or it could not be
		Run    string         `json:"run"`
		Source string         `json:"source"`
		Closed bool           `json:"closed"`
		Rows   int            `json:"rows"`
		Counts map[string]int `json:"counts"`
		Left   []report.Line  `json:"left,omitempty"` // rows whose images were left parked or unknown
		Hint   string         `json:"hint,omitempty"`
		Next   string         `json:"next,omitempty"`
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
	runEvent struct {
		Event   string        `json:"event"` // run
		ID      string        `json:"run"`
		Started time.Time     `json:"started"`
		Head    runs.Head     `json:"head"`
		End     *runs.Summary `json:"end,omitempty"`
		Left    bool          `json:"unfinished"`
		Running bool          `json:"running,omitempty"`
		Holder  *runs.Holder  `json:"holder,omitempty"` // whose process is at work on it
		Problem string        `json:"problem,omitempty"`
	}
)

// event writes one event to standard output.
func (c *common) event(e any) {
	before := c.out.written
	_ = report.Encoder(c.out).Encode(e) // a sink never fails, and events are plain data
	c.events += c.out.written - before
	if _, ok := e.(summary); ok {
		c.summed = true
	}
}

// lastEvent writes the summary of a command that has not written one: it has no
// rows, or failed before they had outcomes. If standard output has anything but
// events, such as a manifest, it writes nothing.
func (c *common) lastEvent(err error) {
	if c.json && !c.summed && c.out.written == c.events {
		c.event(summaryOf(nil).with(err))
	}
}

// rowEvents writes the rows of a report.
func (c *common) rowEvents(run string, r report.Report) {
	for i := range r.Results {
		c.event(rowEvent{"row", r.Line(i), run})
	}
}

// planEvents writes a plan: every row, every step in order, warnings and risks.
func (c *common) planEvents(dry report.Report) {
	c.rowEvents("", dry)
	for change := range report.Steps(dry.Plan) {
		c.event(changeEvent{"change", change})
	}
	c.noticeEvents(dry.Plan, dry.Plan.Warnings)
	c.noticeEvents(dry.Plan, dry.Plan.Risks)
}

// noticeEvents writes warnings and risks of a plan.
func (c *common) noticeEvents(p *plan.Plan, notices []plan.Notice) {
	for _, n := range notices {
		event := "warning"
		if n.Kind.Risk() {
			event = "risk"
		}
		c.event(noticeEvent{event, n, p.Lanes[n.Lane].Account, p.Lanes[n.Lane].Region})
	}
}

// closedEventOf returns the event of another job's run.
func closedEventOf(e *lifecycle.Ending, source, next string) closedEvent {
	closed := closedEvent{
		Event: "closed", Run: e.Run, Source: source, Closed: e.Closed, Rows: len(e.Results),
		Counts: history.Totals(e.Results).Counts(), Hint: wayOut(e),
	}
	if !e.Closed {
		closed.Next = next
	}
	for i, r := range e.Results {
		if r.Outcome == plan.Stranded || r.Outcome == plan.Unknown {
			closed.Left = append(closed.Left, reportOf(e).Line(i))
		}
	}
	return closed
}

// laneEventOf returns the event of a lane in trouble.
func laneEventOf(lane plan.Lane, e batch.LaneEvent) laneEvent {
	stamp := func(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
	return laneEvent{"lane", lane.Account, lane.Region, e.State.String(), stamp(e.Since), stamp(e.At), textOf(e.Err)}
}
