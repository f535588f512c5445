package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/batch/uptime"
)

// life returns all that resume needs. apply adds guards and consent.
func (c *common) life(ctx context.Context) *lifecycle.Life {
	return &lifecycle.Life{
		Connect: c.connectRows, Reports: reports{c}, Tell: c.teller(ctx), Details: c.verbose, Code: codeOf,
		Boot: uptime.Boot(), Up: uptime.Now,
		Workers: c.workers, Settle: c.settle, LockTimeout: c.lockTimeout, Grace: grace, Tool: version,
	}
}

// reports writes the report of a run, and the copies of --report.
type reports struct{ c *common }

func (reports) Own(w io.Writer, e *lifecycle.Ending) error { return reportOf(e).CSV(w) }

func (r reports) Copies(e *lifecycle.Ending) error { return r.c.writeReports(r.c.toldOf(e, "")) }

// conclude says how a job ended, what could not be written and what to type
// next: resume, or again if there is no run. The error has all that went wrong.
func (c *common) conclude(e *lifecycle.Ending, again string) error {
	if e.Closed {
		return c.concludeAbandoned(e)
	}
	r, s := reportOf(e), summaryOf(e.Results)
	s.Run = e.Run
	if c.json && !e.Applied {
		c.rowEvents(e.Run, r)
	}
	c.reviewEvents(e.Plan, e.Review)
	s.review(e.Plan, e.Review)
	standing := e.Standing()
	outcome := outcomeOf(standing)
	broken := is[*batch.JournalError](e.Stopped)
	if outcome == nil && broken {
		outcome = &shownError{e.Stopped}
	}
	s.Rehearsed, s.Why = c.simulate, textOf(e.Stopped)
	switch {
	case standing >= history.Unfinished || broken || e.Unended != nil:
		s.Next = c.nextAfter(e, again)
	case e.Unwritten != nil && e.Run != "":
		s.Next = c.reportCommand(e.Run) + " --format csv"
	}
	c.keep(s, r)
	err := errors.Join(outcome, c.notResumed(e), e.Unwritten, e.Unended)
	s = s.with(err)
	if parked := e.Parked(); len(parked) > 0 && s.Hint == "" {
		s.Hint = wayOut(e)
		defer c.tellWayOut(e)
	}
	if lost, ok := errors.AsType[*runs.LostError](e.Stopped); ok && s.Hint == "" {
		s.Hint = lost.Hint()
		defer func() { fmt.Fprint(c.err, factAndHint("run "+e.Run+" is another process's now", s.Hint)) }()
	}
	rows := func(w io.Writer) error { return c.tellRows(w, r) }
	return errors.Join(c.finish(c.out, s, rows, err), err)
}

// concludeAbandoned says what was left of a run that --abandon has closed.
func (c *common) concludeAbandoned(e *lifecycle.Ending) error {
	err := e.Unwritten
	if len(e.Parked()) > 0 {
		err = errors.Join(outcomeOf(history.Uncertain), err)
	}
	s := summaryOf(e.Results)
	s.Run, s.Why = e.Run, "closed"
	c.keep(s, reportOf(e))
	if s = s.with(err); len(e.Parked()) > 0 && s.Hint == "" {
		s.Hint = wayOut(e)
	}
	if c.json {
		c.event(s)
	} else {
		c.tellAbandoned(e, err)
	}
	c.tellWayOut(e)
	return err
}

// notResumed says that a run was left as it is because too many of its rows have
// failed, and how to go on; nil if that is not why.
func (c *common) notResumed(e *lifecycle.Ending) error {
	exceeded, ok := errors.AsType[*plan.LimitError](e.Stopped)
	if !ok || !e.Left {
		return nil
	}
	return hinted{
		fmt.Errorf("run %s was stopped by its limit and nothing was sent: %w", e.Run, exceeded),
		"look at the report; to allow more failures: " + c.raisedCommand(e.Run, exceeded),
	}
}

// outcomeOf returns the error of a job, nil if every row succeeded.
func outcomeOf(standing history.Standing) error {
	if standing == history.Succeeded {
		return nil
	}
	return &outcomeError{standing}
}

// concludeRefused reports on a plan that was not allowed to start. If that is
// because of rows that cannot be done, it shows them.
func (c *common) concludeRefused(refused *lifecycle.RefusedError) error {
	t := c.toldOfPlan(refused.Plan, refused.Review, refused.Extra, c.about)
	err, dry := errors.Join(refused.Err, c.writeReports(t)), t.Report
	s := summaryOf(dry.Results)
	s.Rehearsed = c.simulate
	s.review(refused.Plan, refused.Review)
	c.keep(s, dry)
	switch {
	case c.json:
		c.rowEvents("", dry)
		c.reviewEvents(refused.Plan, refused.Review)
		c.event(s.with(err))
	case isOfProblems(refused):
		_ = dry.Problems(c.err, shownProblems, tongue()) // a sink never fails
	}
	return err
}

// isOfProblems reports whether a plan was refused for its rows that cannot be done.
func isOfProblems(refused *lifecycle.RefusedError) bool {
	guard, ok := errors.AsType[*lifecycle.GuardError](refused)
	return is[*lifecycle.StrictError](refused) || ok && slices.ContainsFunc(guard.Limits, func(l *plan.LimitError) bool { return l.Raised != "" })
}
