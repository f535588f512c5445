package main

// What people read. A message is a fact in lower case, a hint a line of its own.
// Standard output has the result that was asked for, standard error the rest.
// What comes from a manifest or the API passes report.Printable first. With
// --json the same facts are events; see events.go.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/report"
)

// An ending is what the last line says besides the counts.
type ending struct {
	run       string // the run's id
	rehearsed string // the file whose images were played with; empty for the real ones
	why       string // why the run stopped early
	plan      string // the sum of the plan that was saved
	next      string // the command to type next
	running   bool   // another process is at work on the run
}

// standardOutput is what -o calls it.
const standardOutput = "-"

// toStandardOutput tells whether -o, as it was given, means that.
func toStandardOutput(path string) bool { return path == "" || path == standardOutput }

// planCommand is the command that plans a manifest that was written here, "" if
// it went to standard output.
func (c *common) planCommand(path string) string {
	if toStandardOutput(path) {
		return ""
	}
	return "imgrename plan " + shellArgument(path) + c.given.again(whereFlags, manifestFlags)
}

// writeResult writes what a command makes to a file, or to standard output.
func (c *common) writeResult(path string, write func(io.Writer) error) error {
	if toStandardOutput(path) {
		return write(c.out)
	}
	if err := report.WriteFile(path, write); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// tellPlan says what a plan would do, the totals last.
func (c *common) tellPlan(w io.Writer, p *plan.Plan, dry report.Report, e ending, outcome error) error {
	if c.json {
		c.planEvents(p, dry)
		c.event(summarise(dry.Results, e, exitCode(outcome)))
		return outcome
	}
	if c.quiet && outcome == nil {
		return nil
	}
	if err := report.Changes(w, p); err != nil {
		return err
	}
	c.lastLine(w, dry.Results, e)
	return outcome
}

// reportRefused reports on a plan that was not allowed to start: what would be
// changed, and what holds back rows that --strict does not allow.
func (c *common) reportRefused(refused *lifecycle.RefusedError) error {
	dry := report.DryRun(refused.Plan, refused.Extra)
	err := errors.Join(refused.Err, c.writeReports(dry))
	switch {
	case c.json:
		c.rowEvents("", dry)
		s := summarise(dry.Results, ending{rehearsed: c.simulate}, exitCode(err))
		s.Error, s.Hint = textOf(err), hintOf(err)
		c.event(s)
	case is[*lifecycle.StrictError](refused):
		held, more := heldBack(dry, shownProblems)
		_ = held.Text(c.err) // a sink never fails
		if more > 0 {
			fmt.Fprintf(c.err, "… and %d more\n", more)
		}
	}
	return err
}

// tellRefusal says why apply would not start.
func (c *common) tellRefusal(err error) {
	if c.json {
		c.event(refusalEvent{"refusal", err.Error(), hintOf(err)})
	}
	c.say("apply would refuse this: %s\n", report.Printable(err.Error()))
	if hint := hintOf(err); hint != "" {
		c.say("  hint: %s\n", report.Printable(hint))
	}
}

// heldBack is a report of the first rows that a plan holds back, and how many more
// there are.
func heldBack(r report.Report, most int) (held report.Report, more int) {
	rows := new(plan.Plan)
	for i, result := range r.Results {
		switch result.Outcome {
		case plan.Refused, plan.Conflict, plan.Blocked:
		default:
			continue
		}
		if len(rows.Rows) == most {
			more++
			continue
		}
		rows.Rows = append(rows.Rows, r.Plan.Rows[i])
		held.Results = append(held.Results, result)
	}
	held.Plan = rows
	return held, more
}

// tellRun says how a run came out: the entries, the totals last. err is how it
// ends. With --quiet nothing is said if all is well.
func (c *common) tellRun(r report.Report, e ending, err error) error {
	switch {
	case c.json:
		s := summarise(r.Results, e, exitCode(err))
		s.Error, s.Hint = textOf(unsaid(err)), hintOf(unsaid(err))
		c.event(s)
		return nil
	case c.quiet && err == nil:
		return nil
	}
	if err := r.Text(c.out); err != nil {
		return err
	}
	c.lastLine(c.out, r.Results, e)
	return nil
}

func (c *common) lastLine(w io.Writer, results []history.Result, e ending) {
	parts := []string{report.Counts(results)}
	if e.run != "" {
		parts = append(parts, "run "+e.run)
	}
	if e.rehearsed != "" {
		parts = append(parts, "rehearsed on "+report.Printable(e.rehearsed)+", no image was changed")
	}
	if e.plan != "" {
		parts = append(parts, "saved as "+e.plan)
	}
	if e.why != "" {
		parts = append(parts, report.Printable(e.why))
	}
	if e.next != "" {
		parts = append(parts, "next: "+report.Printable(e.next))
	}
	fmt.Fprintln(w, strings.Join(parts, "; "))
}

// teller returns what tells the user of a job whose context is ctx.
func (c *common) teller(ctx context.Context) func(lifecycle.Event) {
	var going *progress
	var unfollow func() bool
	var applying lifecycle.Applying
	return func(e lifecycle.Event) {
		switch e := e.(type) {
		case lifecycle.Applying:
			applying = e
			going = c.startProgress(e.Plan)
			unfollow = going.follow(ctx)
		case lifecycle.Row:
			going.note(e.Event, e.Result)
			if c.json && e.Kind == batch.Decided {
				c.event(rowEvent{"row", report.RowLine(applying.Row(e.Event.Row), e.Result, applying.Extra), applying.Run})
			}
		case lifecycle.Lane:
			going.noteLane(batch.LaneEvent(e))
			if c.json {
				c.event(laneEventOf(applying.Plan.Lanes[e.Lane], batch.LaneEvent(e)))
			}
		case lifecycle.Applied:
			going.stop()
			unfollow()
		case lifecycle.UnderWay:
			c.underWay(e.Run)
		case lifecycle.Reading:
			boundMemory(e.Rows, e.Images)
		case lifecycle.Planned:
			settleMemory(e.Rows, e.Lanes, c.workers)
		case lifecycle.Closed:
			c.tellClosed(c.err, e.Ending)
		default:
			c.tellStart(e)
		}
	}
}

// tellStart says what happens before a job begins.
func (c *common) tellStart(e lifecycle.Event) {
	switch e := e.(type) {
	case lifecycle.Waiting:
		c.say("waiting up to %s: %s\n", c.lockTimeout, report.Printable(e.Held.Error()))
	case lifecycle.Settling:
		c.say("run %s: waiting %s until earlier calls have settled\n", e.Run, e.For.Round(time.Second))
	case lifecycle.Dropped:
		c.say("run %s ended before its plan was sealed: nothing was sent, nothing is left of it\n", e.Run)
	case lifecycle.Resuming:
		c.say("run %s of the same job was not finished: resuming it\n", e.Run)
	case lifecycle.Leaving:
		c.say("run %s of another job is not finished; it is left as it is: nothing is to be done here\n", e.Run)
	case lifecycle.Closing:
		c.say("run %s of another job was not finished: settling and closing it\n", e.Run)
	case lifecycle.Torn:
		c.say("run %s: the end of the journal was not whole; its last %d bytes, on which nothing rests, were dropped\n", e.Run, e.Bytes)
	case lifecycle.Unpruned:
		c.say("warning: old runs could not be removed: %s\n", report.Printable(e.Err.Error()))
	}
}

// underWay has a second signal tell how to go on with a run.
func (c *common) underWay(run string) {
	if c.next != nil {
		next := c.resumeCommand(run)
		c.next.Store(&next)
	}
}

// resumeCommand is the command that finishes a run.
func (c *common) resumeCommand(run string) string { return "imgrename resume " + run + c.where }

// conclude says how a job came out, what could not be written and what to type
// next: again, if something is left and there is no run to resume. The error has
// all of it.
func (c *common) conclude(e *lifecycle.Ending, again string) error {
	r := reportOf(e)
	standing := history.Worst(e.Results)
	switch {
	case e.Other != nil: // which says why
		return errors.Join(c.conclude(e.Other, ""), e.Unwritten)
	case e.Closed:
		return c.concludeClosed(e)
	case e.Left:
		standing = max(standing, history.Unfinished)
		if c.json {
			c.rowEvents(e.Run, r)
		}
	}
	outcome := outcomeOf(standing)
	broken := is[*batch.JournalError](e.Stopped)
	if outcome == nil && broken {
		outcome = &shownError{e.Stopped}
	}
	err := errors.Join(outcome, e.Unwritten, e.Unended)
	said := ending{run: e.Run}
	if !e.Left {
		said.rehearsed = c.simulate
	}
	if e.Stopped != nil {
		said.why = e.Stopped.Error()
	}
	switch {
	case standing >= history.Unfinished || broken || e.Unended != nil:
		said.next = again
		if e.Run != "" {
			said.next = c.resumeCommand(e.Run)
		}
	case e.Unwritten != nil && e.Run != "":
		said.next = "imgrename report " + e.Run + " --format csv" + c.where
	}
	return errors.Join(c.tellRun(r, said, err), err)
}

// concludeClosed says that a run is closed, which is what was asked for.
func (c *common) concludeClosed(e *lifecycle.Ending) error {
	if c.json {
		_ = c.tellRun(reportOf(e), ending{run: e.Run, why: "closed"}, e.Unwritten) // an event never fails
	} else {
		c.tellClosed(c.out, e)
	}
	return e.Unwritten
}

// tellClosed says that a run is closed: what was asked for, or news on the way
// to something else.
func (c *common) tellClosed(w io.Writer, e *lifecycle.Ending) {
	if c.quiet && e.Unwritten == nil {
		return
	}
	if !c.json {
		_ = reportOf(e).Text(w) // a sink never fails
	}
	fmt.Fprintf(w, "run %s is closed: %s\n", e.Run, report.Counts(e.Results))
}

// outcomeOf is the error of a job that came to its end, nil if all is well.
func outcomeOf(standing history.Standing) error {
	if standing == history.Succeeded {
		return nil
	}
	return &outcomeError{standing}
}

// reportOf is the report of a job that came to its end.
func reportOf(e *lifecycle.Ending) report.Report {
	return report.Report{Plan: e.Plan, Results: e.Results, Extra: e.Extra}
}

// reports are the report that a run keeps, and the copies that were asked for.
type reports struct{ c *common }

func (reports) Own(w io.Writer, e *lifecycle.Ending) error { return reportOf(e).CSV(w) }

func (r reports) Copies(e *lifecycle.Ending) error { return r.c.writeReports(reportOf(e)) }

// writeReports writes the copies of the report that were asked for.
func (c *common) writeReports(r report.Report) error {
	var failures []error
	for _, file := range c.reports {
		if err := r.WriteFile(file); err != nil {
			failures = append(failures, fmt.Errorf("the report could not be written: %s: %w", file, err))
		}
	}
	return errors.Join(failures...)
}
