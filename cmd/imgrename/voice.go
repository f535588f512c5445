package main

// What people read, and its rules:
//
//   - Standard output has the result, standard error everything else. The last
//     line has the counts, why the run stopped, its id and the command to type
//     next.
//   - A message is one fact on one line: lower case, subject and verb first, no
//     full stop. It names the file, run, row or image, and gives numbers a unit.
//   - What to do is a hint on a line of its own; a command works when pasted.
//   - Each thing has one word, the one that imgrename help uses.
//   - Text from a manifest or the API passes report.Printable.
//   - The facts are the same on and off a terminal. With --quiet and on success
//     there are none; with --json they are events (events.go).

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/ecs/credentials"
	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/report"
)

// say writes a line to standard error, unless --quiet. It is not for errors.
func (c *common) say(format string, args ...any) {
	if !c.quiet {
		fmt.Fprintln(c.err, report.Printable(fmt.Sprintf(format, args...)))
	}
}

// complain writes to standard error what the user has not been told of err.
func (c *common) complain(err error) {
	if err = unsaid(err); err != nil {
		fmt.Fprint(c.err, factAndHint("imgrename: "+textOf(err), hintOf(err)))
	}
}

// factAndHint returns a line with the fact, and one with the hint if any, two if it
// is in the user's language too.
func factAndHint(fact, hint string) string {
	text := report.Printable(fact) + "\n"
	for _, line := range tongue().Hints(hint) {
		text += "  " + line + "\n"
	}
	return text
}

// unsaid returns the part of an error that the user has not been told.
func unsaid(err error) error {
	if !is[*outcomeError](err) && !is[*changesError](err) && !is[*shownError](err) {
		return err
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var left []error
	for _, err := range joined.Unwrap() {
		left = append(left, unsaid(err))
	}
	return errors.Join(left...)
}

// tellSources writes whose keys are used: of accounts that look alike, a person
// sees which one is meant.
func (c *common) tellSources(w io.Writer) {
	for _, source := range c.sources {
		fmt.Fprintln(w, report.Printable(source))
	}
}

// textOf returns the text of an error in one line, "" for nil.
func textOf(err error) string {
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}

// hintOf returns the hint of an error, if it has one.
func hintOf(err error) string {
	noLane := is[*lifecycle.NoLaneError](err)
	unusable, _ := errors.AsType[*credentials.UnusableError](err)
	hinted, ok := errors.AsType[interface {
		error
		Hint() string
	}](err)
	switch {
	case noLane && is[*credentials.NotFoundError](err):
		return "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, " +
			"name a --profile of ~/.aliyun/config.json, or rehearse with --simulate FILE"
	case noLane && unusable != nil && unusable.Advice != "":
		return unusable.Advice
	case isDenied(err):
		return ecs.Hint(err)
	case noLane:
		return "check the network, --network, --endpoint and the proxy settings"
	case ok:
		return hinted.Hint()
	}
	return ""
}

// A summary is how a command ends: the last line for a person, the last event
// for a program.
type summary struct {
	Event     string         `json:"event"` // summary
	Rows      int            `json:"rows"`
	Counts    map[string]int `json:"counts"`
	Run       string         `json:"run,omitempty"`
	Runs      []string       `json:"runs,omitempty"`         // of a report of several
	Rehearsed string         `json:"rehearsed_on,omitempty"` // the file of a rehearsal
	Plan      string         `json:"plan,omitempty"`         // the checksum of the plan that was saved
	Seconds   int            `json:"seconds,omitempty"`      // that a plan takes
	Takes     string         `json:"-"`                      // the same for a person
	*reviewCounts
	Made  *time.Time `json:"made,omitempty"` // when a plan that is shown offline was made
	Why   string     `json:"stopped,omitempty"`
	Ended string     `json:"-"` // the exit code for a person
	Exit  int        `json:"exit_code"`
	Error string     `json:"error,omitempty"` // what the rows do not tell
	Hint  string     `json:"hint,omitempty"`
	Next  string     `json:"next,omitempty"` // the command to type next
}

func summaryOf(results []history.Result) summary {
	return summary{Event: "summary", Rows: len(results), Counts: history.Totals(results).Counts()}
}

// with returns the summary of a command that ends with err, which may be nil.
func (s summary) with(err error) summary {
	s.Exit, err = exitCode(err), unsaid(err)
	s.Error, s.Hint = textOf(err), hintOf(err)
	return s
}

// String returns the last line. It does not have the error: see complain.
func (s summary) String() string {
	parts := []string{plan.Count(s.Rows, "row")}
	if counts := countsOf(s.Counts); counts != "" {
		parts[0] += ": " + counts
	}
	add := func(format, value string) {
		if value != "" {
			parts = append(parts, fmt.Sprintf(format, value))
		}
	}
	add("%s", s.Takes)
	add("run %s", s.Run)
	add("runs %s", strings.Join(s.Runs, ", "))
	add("rehearsed on %s, no image was changed", s.Rehearsed)
	add("saved as %s", s.Plan)
	add("%s", s.Why)
	add("%s", s.Ended)
	add("next: %s", s.Next)
	return report.Printable(strings.Join(parts, "; "))
}

// countsOf says how many rows ended how.
func countsOf(counts map[string]int) string {
	var parts []string
	for _, o := range plan.Outcomes() {
		if n := counts[o.String()]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	return strings.Join(parts, ", ")
}

// finish ends a command whose rows have outcomes: it writes the rows and the
// last line, or the summary event. With --quiet and without err it writes no
// text.
func (c *common) finish(w io.Writer, s summary, rows func(io.Writer) error, err error) error {
	switch {
	case c.json:
		c.event(s)
	case !c.quiet || err != nil:
		if err := rows(w); err != nil {
			return err
		}
		if c.concluded = true; !c.quiet || c.source == "" { // else endMail has the last line
			fmt.Fprintln(w, s)
		}
	}
	return nil
}

// finishWith ends a command without outcomes: it writes a line, unless --quiet,
// or the summary event.
func (c *common) finishWith(w io.Writer, s summary, line string) {
	switch {
	case c.json:
		c.event(s)
	case !c.quiet:
		fmt.Fprintln(w, report.Printable(line))
	}
}

// teller returns a function that tells the user what happens to a job. ctx is
// the context of the job.
func (c *common) teller(ctx context.Context) func(lifecycle.Event) {
	var going *progress
	var applying lifecycle.Applying
	others := false // the rows are those of another job, which is one event
	log := &runLog{log: c.log}
	return func(e lifecycle.Event) {
		log.tell(e)
		switch e := e.(type) {
		case lifecycle.Applying:
			applying = e
			going = c.startProgress(ctx, e.Plan)
		case lifecycle.Row:
			going.note(e.Event, e.Result)
			if c.json && e.Kind == batch.Decided && !others {
				c.event(rowEvent{"row", report.RowLine(applying.Row(e.Event.Row), e.Result, applying.Extra), applying.Run})
			}
		case lifecycle.Lane:
			going.noteLane(batch.LaneEvent(e))
			if c.json {
				c.event(laneEventOf(applying.Plan.Lanes[e.Lane], batch.LaneEvent(e)))
			}
		case lifecycle.Applied:
			going.stop()
		case lifecycle.UnderWay:
			if c.quitting != nil {
				next := c.resumeCommand(e.Run)
				c.quitting.next.Store(&next)
			}
			c.calling.Store(&e.Run)
			c.arm(e.Run)
		case lifecycle.Reading:
			if c.simulate == "" {
				boundMemory(e.Rows, e.Images)
			}
		case lifecycle.Planned:
			if c.simulate == "" {
				settleMemory(e.Rows, e.Lanes, c.workers)
			}
		case lifecycle.Closing:
			others = true
			c.tellStart(e)
		case lifecycle.Closed:
			others = false
			c.tellOther(e.Ending, e.Source)
		case lifecycle.Unclosed:
			others = false
			c.tellOther(e.Ending, e.Source)
		default:
			c.tellStart(e)
		}
	}
}

// tellStart says what happens before the calls begin.
func (c *common) tellStart(e lifecycle.Event) {
	switch e := e.(type) {
	case lifecycle.Waiting:
		c.say("waiting up to %s: %v", c.lockTimeout, e.Held)
		c.countDown(c.lockTimeout)
	case lifecycle.Settling:
		c.say("run %s: waiting %s, since earlier calls may still take effect", e.Run, e.For.Round(time.Second))
		c.countDown(e.For)
	case lifecycle.Waited:
		c.stopCounting()
	case lifecycle.Dropped:
		c.say("run %s ended before it sent anything: nothing to resume", e.Run)
	case lifecycle.Resuming:
		c.say("run %s of the same job is unfinished: resuming it", e.Run)
	case lifecycle.Verifying:
		c.say("asking the service about %s: nothing is changed", plan.Count(e.Rows, "change"))
	case lifecycle.Leaving:
		c.say("run %s of another job is unfinished and left alone: nothing to do here", e.Run)
	case lifecycle.Closing:
		c.say("run %s of another job is unfinished: closing it", e.Run)
	case lifecycle.Torn:
		c.say("run %s: the journal's last line was cut off (%d bytes); nothing depended on it", e.Run, e.Bytes)
	case lifecycle.Unpruned:
		c.say("warning: old runs could not be removed: %v", e.Err)
	}
}

// reportOf returns the report of a job.
func reportOf(e *lifecycle.Ending) report.Report {
	return report.Report{Plan: e.Plan, Results: e.Results, Extra: e.Extra}
}
