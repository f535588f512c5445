package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/report"
)

// life is what a job needs of the world; its guards and consent are for who
// starts one.
func (c *common) life(ctx context.Context) *lifecycle.Life {
	return &lifecycle.Life{
		Connect: c.connectRows, Reports: reports{c}, Tell: c.teller(ctx), Code: codeOf,
		Workers: c.workers, Settle: c.settle, LockTimeout: c.lockTimeout, Grace: grace, Tool: version,
	}
}

// reports are the report that a run keeps, and the copies that were asked for.
type reports struct{ c *common }

func (reports) Own(w io.Writer, e *lifecycle.Ending) error { return reportOf(e).CSV(w) }

func (r reports) Copies(e *lifecycle.Ending) error { return r.c.writeReports(reportOf(e)) }

// reportOf is the report of a job that came to its end.
func reportOf(e *lifecycle.Ending) report.Report {
	return report.Report{Plan: e.Plan, Results: e.Results, Extra: e.Extra}
}

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

// conclude says how a job came out, what could not be written and what to type
// next: again, if something is left and there is no run to resume. The error has
// all of it.
func (c *common) conclude(e *lifecycle.Ending, again string) error {
	if e.Other != nil { // which says why
		return errors.Join(c.conclude(e.Other, ""), e.Unwritten)
	}
	r, s := reportOf(e), summaryOf(e.Results)
	s.Run = e.Run
	if e.Closed { // as was asked for
		if s.Why = "closed"; c.json {
			c.event(s.with(e.Unwritten))
		} else {
			c.tellClosed(c.out, e)
		}
		return e.Unwritten
	}
	standing := history.Worst(e.Results)
	if e.Left {
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
	s.Rehearsed, s.Why = c.simulate, textOf(e.Stopped)
	switch {
	case standing >= history.Unfinished || broken || e.Unended != nil:
		s.Next = again
		if e.Run != "" {
			s.Next = c.resumeCommand(e.Run)
		}
	case e.Unwritten != nil && e.Run != "":
		s.Next = c.reportCommand(e.Run)
	}
	err := errors.Join(outcome, e.Unwritten, e.Unended)
	return errors.Join(c.finish(c.out, s.with(err), r.Text, err), err)
}

// outcomeOf is the error of a job that came to its end, nil if all is well.
func outcomeOf(standing history.Standing) error {
	if standing == history.Succeeded {
		return nil
	}
	return &outcomeError{standing}
}

// concludeRefused reports on a plan that was not allowed to start: what would be
// changed, and what holds back rows that --strict does not allow.
func (c *common) concludeRefused(refused *lifecycle.RefusedError) error {
	dry := report.DryRun(refused.Plan, refused.Extra)
	err := errors.Join(refused.Err, c.writeReports(dry))
	switch {
	case c.json:
		c.rowEvents("", dry)
		s := summaryOf(dry.Results)
		s.Rehearsed = c.simulate
		c.event(s.with(err))
	case is[*lifecycle.StrictError](refused):
		held, more := heldBack(dry, shownProblems)
		_ = held.Text(c.err) // a sink never fails
		if more > 0 {
			fmt.Fprintf(c.err, "… and %d more\n", more)
		}
	}
	return err
}

// heldBack is a report of the first rows that a plan holds back, and how many more
// there are.
func heldBack(r report.Report, most int) (held report.Report, more int) {
	held.Plan = new(plan.Plan)
	for i, result := range r.Results {
		switch {
		case result.Outcome != plan.Refused && result.Outcome != plan.Conflict && result.Outcome != plan.Blocked:
		case len(held.Results) == most:
			more++
		default:
			held.Plan.Rows = append(held.Plan.Rows, r.Plan.Rows[i])
			held.Results = append(held.Results, result)
		}
	}
	return held, more
}
