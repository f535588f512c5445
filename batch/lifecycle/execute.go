package lifecycle

import (
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// execute sends a run's calls and returns its results. The error says why it
// stopped early.
func (l *Life) execute(ctx context.Context, r *run) ([]history.Result, error) {
	l.Tell(Execute)
	r.began = true
	l.Tell(Applying{Run: r.id(), Plan: r.plan, Extra: r.extra, Row: r.row})
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	job := batch.Job{
		Plan: r.plan, Old: r.old, Lanes: r.lanes, Workers: l.Workers, Seen: r.seen, Grace: l.Grace, Past: r.past, Up: l.Up,
		Observe: func(e batch.Event, result history.Result) {
			r.budget.decided(e.Row, result.Outcome) // undecided while it is only acknowledged
			if err := r.budget.exceeded(); err != nil {
				stop(err)
			}
			l.Tell(Row{e, result})
		},
		ObserveLane: func(e batch.LaneEvent) { l.Tell(Lane(e)) },
	}
	if l.Details {
		job.ObserveDetail = func(d batch.Detail) { l.Tell(Detail(d)) }
	}
	if r.log != nil {
		job.Journal = r.watch
	}
	results, stopped := job.Run(ctx)
	l.Tell(Applied{})
	if r.log != nil {
		if err := r.watch.sure(time.Now()); err != nil {
			return results, errors.Join(err, r.closeJournal())
		}
	}
	if err := r.closeJournal(); err != nil {
		stopped = &batch.JournalError{Err: err}
	}
	return results, stopped
}

// end writes the reports, then the end of the run, and closes its folder. If the
// process is killed in between, a resume finishes the run and writes the reports. In
// the folder of a run that another host took over it writes nothing.
func (l *Life) end(r *run, results []history.Result, stopped error) *Ending {
	e := r.ending(results, stopped)
	if e.TakenOver() {
		l.Tell(Report)
		if r.aim != toMakeWay {
			e.Unwritten = l.Reports.Copies(e)
		}
		e.Unended = r.closeFolder()
		return e
	}
	e.Unwritten = l.keepReports(r, e)
	if r.folder == nil {
		return e
	}
	l.Tell(Close)
	closing := r.aim != toFinish && closable(e)
	if r.aim == toAbandon {
		closing = closing || e.onlyParked(func(string) bool { return true })
	}
	e.Unended = errors.Join(l.keepEnd(r, e, closing), r.closeFolder())
	e.Closed = closing && e.Unended == nil
	return e
}

// ending returns how a run came out.
func (r *run) ending(results []history.Result, stopped error) *Ending {
	return &Ending{
		Run: r.id(), Plan: r.shown(), Review: r.reviewed, Results: results, Extra: r.extra, Stopped: stopped, Applied: r.began,
		Others: r.others, unplanned: r.unplanned, outOfSight: r.outOfSight(results),
	}
}

// outOfSight reports whether a lane could not be read in which calls were sent:
// an image may be parked there.
func (r *run) outOfSight(results []history.Result) bool {
	for i, p := range r.past {
		if p.Sent && results[i].Outcome == plan.Pending && results[i].Code != plan.Abandoned {
			return true
		}
	}
	return false
}

// keepReports writes the run's own report and the copies, side by side. Copies
// are for the job that was asked for, not for a run that was closed for it.
func (l *Life) keepReports(r *run, e *Ending) error {
	l.Tell(Report)
	var copies errgroup.Group
	if r.aim != toMakeWay {
		copies.Go(func() error { return l.Reports.Copies(e) })
	}
	var own error
	if r.folder != nil {
		own = r.folder.WriteFile(ReportFile, func(out io.Writer) error { return l.Reports.Own(out, e) })
	}
	return errors.Join(copies.Wait(), own)
}

// keepEnd writes the run's summary. A run whose journal broke is not finished,
// whatever its outcomes: a resume writes what is missing.
func (l *Life) keepEnd(r *run, e *Ending, closing bool) error {
	now := l.now()
	s := runs.Summary{
		Ended: now.At.UTC(), Boot: now.Boot, Up: now.Up, Code: l.Code(e.Standing()), Counts: history.Totals(e.Results).Counts(),
		Pending: e.Resumable(),
	}
	if e.Stopped != nil {
		s.Why = e.Stopped.Error()
	}
	if closing {
		s.Why, s.Pending = ClosedWhy, false
	}
	err := r.folder.Finish(s)
	if old := l.State.Prune(runs.Kept); old != nil {
		l.Tell(Unpruned{old})
	}
	return err
}
