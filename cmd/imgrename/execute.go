package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/report"
)

// execute does a work and returns its report; the error says why it stopped
// early.
func (a *application) execute(ctx context.Context, w *work) (report.Report, error) {
	progress := a.startProgress(w.plan)
	defer progress.follow(ctx)()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	budget := &budget{limits: a.limits, planned: w.plan.Totals()[plan.Planned], stop: stop}
	job := batch.Job{
		Plan: w.plan, Old: w.old, Lanes: w.lanes, Workers: a.workers, Seen: w.seen, Grace: grace, Past: w.past,
		Observe: func(e batch.Event, r history.Result) {
			budget.note(e, r)
			progress.note(e, r)
			if a.json && e.Kind == batch.Decided {
				a.event(rowEvent{"row", report.RowLine(w.row(e.Row), r, w.extra), w.id()})
			}
		},
		ObserveLane: func(e batch.LaneEvent) {
			progress.noteLane(e)
			if a.json {
				a.event(laneEventOf(w.plan.Lanes[e.Lane], e))
			}
		},
	}
	if w.log != nil {
		job.Journal = w.log
	}
	results, stopped := job.Run(ctx)
	progress.stop()
	if err := w.closeJournal(); err != nil {
		stopped = &batch.JournalError{Err: err}
	}
	return w.report(results), stopped
}

// row is a row of the plan with the old values that the run's first plan had.
func (w *work) row(i int) plan.Row {
	row := w.plan.Rows[i]
	if w.old != nil {
		row.Old = w.old[i]
	}
	return row
}

// id is the run's, empty in a rehearsal.
func (w *work) id() string {
	if w.run == nil {
		return ""
	}
	return w.run.ID()
}

func (w *work) report(results []history.Result) report.Report {
	shown := *w.plan
	if w.old != nil {
		shown.Rows = make([]plan.Row, len(w.plan.Rows))
		for i := range shown.Rows {
			shown.Rows[i] = w.row(i)
		}
	}
	return report.Report{Plan: &shown, Results: results, Extra: w.extra}
}

// finish writes the reports, ends the run, lets go of it and says how it came
// out.
func (a *application) finish(state *runs.Folder, w *work, r report.Report, stopped error) error {
	unwritten := a.keepReports(w, r)
	unended := a.keepEnd(state, w, r, stopped)
	return a.conclude(w, r, stopped, unwritten, errors.Join(unended, w.closeRun()))
}

// conclude says how a run came out, what could not be written and what to type
// next. The error has all of it.
func (a *application) conclude(w *work, r report.Report, stopped, unwritten, unended error) error {
	outcome := outcomeOf(r.Results)
	if outcome == nil && is[*batch.JournalError](stopped) {
		outcome = &shownError{stopped}
	}
	err := errors.Join(outcome, unwritten, unended)
	e := ending{rehearsed: a.simulate}
	if stopped != nil {
		e.why = stopped.Error()
	}
	next := w.again
	if w.run != nil {
		e.run = w.run.ID()
		next = a.resumeCommand(e.run)
	}
	code := exitCode(err)
	switch {
	case code == codePending || code == codeUncertain || is[*batch.JournalError](stopped) || unended != nil:
		e.next = next
	case unwritten != nil && w.run != nil:
		e.next = "imgrename report " + e.run + " --format csv" + a.where
	}
	return errors.Join(a.tellRun(r, e, err), err)
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

// outcomeOf is the error of a run that came to its end, nil if all is well.
func outcomeOf(results []history.Result) error {
	if worst(results) == codeOK {
		return nil
	}
	return &outcomeError{results: results}
}

// keepReports writes the run's own report and the copies, side by side. Who made
// another run wants no copies of this one's.
func (a *application) keepReports(w *work, r report.Report) error {
	var copies errgroup.Group
	if w.aim != toMakeWay {
		copies.Go(func() error { return a.writeReports(r) })
	}
	own := w.keepReport(r)
	return errors.Join(copies.Wait(), own)
}

// keepReport writes the report into the run's folder.
func (w *work) keepReport(r report.Report) error {
	if w.run == nil {
		return nil
	}
	return w.run.WriteFile(reportFile, func(out io.Writer) error { return r.CSV(out) })
}

// keepEnd writes down how the run ended. It comes after the reports, so that a
// run that was killed in between is finished by a resume, which writes them. A
// run whose journal broke is not finished, whatever its outcomes: a resume writes
// down what is missing.
func (a *application) keepEnd(state *runs.Folder, w *work, r report.Report, stopped error) error {
	if w.run == nil {
		return nil
	}
	why := ""
	if stopped != nil {
		why = stopped.Error()
	}
	code := worst(r.Results)
	err := w.run.Finish(runs.Summary{
		Ended: time.Now().UTC(), Code: code, Counts: summarise(r.Results, ending{}, code).Counts, Why: why,
		Pending: code == codePending || code == codeUncertain || is[*batch.JournalError](stopped),
	})
	if old := state.Prune(keptRuns); old != nil && !a.quiet { // it is nothing to this run
		fmt.Fprintf(a.err, "warning: old runs could not be removed: %s\n", report.Printable(old.Error()))
	}
	return err
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
