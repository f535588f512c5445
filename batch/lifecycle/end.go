package lifecycle

import (
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// keptRuns is how many finished runs are kept.
const keptRuns = 30

// closedWhy is why a run ended that was closed.
const closedWhy = "closed"

// An Ending is how a job came out. Its rows have the old values that the run's
// first plan has.
type Ending struct {
	Run     string // "" if nothing was sent, and in a rehearsal
	Plan    *plan.Plan
	Results []history.Result // by row
	Extra   []string         // names of the rows' extra columns
	Stopped error            // why it stopped early
	// Unwritten are the reports that could not be written, Unended is why the
	// end of the run could not be.
	Unwritten, Unended error
	// Closed reports that the run was closed: rows that were not tried are
	// dropped.
	Closed bool
	// Left reports that the run was stopped before it was taken up again: it is
	// not at its end, whatever the results.
	Left bool
	// Other is the run of another job that could not be closed, so that none of
	// this job's rows was tried.
	Other *Ending
}

// end keeps the reports, then the end of the run, and lets go of its folder. A
// run that is killed in between is finished by a resume, which writes the
// reports.
func (l *Life) end(r *run, results []history.Result, stopped error) *Ending {
	e := r.ending(results, stopped)
	e.Unwritten = l.keepReports(r, e)
	if r.folder == nil {
		return e
	}
	l.enter(Close)
	closing := r.aim != toFinish && closable(e)
	e.Unended = errors.Join(l.keepEnd(r, e, closing), r.closeFolder())
	e.Closed = closing && e.Unended == nil
	return e
}

// ending is how a run came out.
func (r *run) ending(results []history.Result, stopped error) *Ending {
	shown := *r.plan
	if r.old != nil {
		shown.Rows = make([]plan.Row, len(r.plan.Rows))
		for i := range shown.Rows {
			shown.Rows[i] = r.row(i)
		}
	}
	return &Ending{Run: r.id(), Plan: &shown, Results: results, Extra: r.extra, Stopped: stopped}
}

// keepReports writes the run's own report and the copies, side by side. Who made
// another run wants no copies of this one's.
func (l *Life) keepReports(r *run, e *Ending) error {
	l.enter(Report)
	var copies errgroup.Group
	if r.aim != toMakeWay {
		copies.Go(func() error { return l.Reports.Copies(e) })
	}
	var own error
	if r.folder != nil {
		own = r.folder.WriteFile(reportFile, func(out io.Writer) error { return l.Reports.Own(out, e) })
	}
	return errors.Join(copies.Wait(), own)
}

// closable reports whether a run that was to be closed is: it came to its end,
// nothing stays parked or unknown, and its journal is whole.
func closable(e *Ending) bool {
	standing := history.Worst(e.Results)
	return standing != history.Uncertain && !(standing == history.Unfinished && e.Stopped != nil) && !e.journalBroken()
}

// journalBroken reports whether the run stopped because its journal could not be
// written.
func (e *Ending) journalBroken() bool {
	_, broken := errors.AsType[*batch.JournalError](e.Stopped)
	return broken
}

// keepEnd writes down how the run ended. A run whose journal broke is not
// finished, whatever its outcomes: a resume writes down what is missing.
func (l *Life) keepEnd(r *run, e *Ending, closing bool) error {
	standing := history.Worst(e.Results)
	s := runs.Summary{
		Ended: time.Now().UTC(), Code: l.Code(standing), Counts: history.Totals(e.Results).Counts(),
		Pending: standing >= history.Unfinished || e.journalBroken(),
	}
	if e.Stopped != nil {
		s.Why = e.Stopped.Error()
	}
	if closing {
		s.Why, s.Pending = closedWhy, false
	}
	err := r.folder.Finish(s)
	if old := l.State.Prune(keptRuns); old != nil {
		l.Tell(Unpruned{old})
	}
	return err
}
