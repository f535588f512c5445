package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"imgrename/batch"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/report"
)

// execute does a work and returns its report; the error says why it stopped
// early.
func (a *application) execute(ctx context.Context, w *work) (report.Report, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	progress := a.startProgress(w.plan)
	budget := &budget{limits: a.limits, planned: w.plan.Totals()[plan.Planned], stop: stop}
	job := batch.Job{
		Plan: w.plan, Lanes: w.lanes, Workers: a.workers, Seen: w.seen, Grace: grace, Past: w.past,
		Observe: func(e batch.Event, r batch.Result) {
			budget.note(e, r)
			progress.note(e, r)
			if a.json && e.Kind == batch.Decided {
				a.event(rowEvent{"row", report.RowLine(w.row(e.Row), r, w.extra)})
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
	row.Old = w.sealed.Rows[i].Old
	return row
}

func (w *work) report(results []batch.Result) report.Report {
	shown := *w.plan
	shown.Rows = make([]plan.Row, len(w.plan.Rows))
	for i := range shown.Rows {
		shown.Rows[i] = w.row(i)
	}
	return report.Report{Plan: &shown, Results: results, Extra: w.extra}
}

// finish writes the reports, ends the run and says how it came out. next is
// the command to type if something is left to be done.
func (a *application) finish(state *runs.Folder, w *work, r report.Report, stopped error, next string) error {
	outcome := outcomeOf(r.Results)
	e := ending{}
	if stopped != nil {
		e.why = stopped.Error()
	}
	if w.run != nil {
		e.run = w.run.ID()
		next = "imgrename resume " + e.run + a.where
	}
	if code := exitCode(outcome); code == codePending || code == codeUncertain {
		e.next = next
	}
	unwritten := errors.Join(a.writeReports(r), a.endRun(state, w, r, stopped))
	if outcome = a.tellRun(r, e, outcome); outcome == nil {
		return unwritten
	}
	complain(a.streams, unwritten)
	return outcome
}

// outcomeOf is the error of a run that came to its end, nil if all is well.
func outcomeOf(results []batch.Result) error {
	if worst(results) == codeOK {
		return nil
	}
	return &outcomeError{results}
}

// endRun writes down how the run ended, in its folder. A run whose journal broke
// is not finished, whatever its outcomes: a resume writes down what is missing.
func (a *application) endRun(state *runs.Folder, w *work, r report.Report, stopped error) error {
	if w.run == nil {
		return nil
	}
	why := ""
	if stopped != nil {
		why = stopped.Error()
	}
	err := w.run.WriteFile(reportFile, func(out io.Writer) error { return r.CSV(out) })
	code := worst(r.Results)
	return errors.Join(err, w.run.Finish(runs.Summary{
		Ended: time.Now().UTC(), Code: code, Counts: summarise(r.Results, "", code).Counts, Why: why,
		Pending: code == codePending || code == codeUncertain || is[*batch.JournalError](stopped),
	}), state.Prune(keptRuns))
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
