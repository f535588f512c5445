package lifecycle

import (
	"context"
	"fmt"
	"io"
	"time"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/manifest"
)

// A Life takes jobs from their first lock to their last report. Its fields say
// how, and are what it knows of the world. One Life serves one job at a time.
type Life struct {
	// State is where runs are kept; nil for a rehearsal, and for a dry run.
	State *runs.Folder
	// Connect finds the lanes of rows.
	Connect func(ctx context.Context, rows []manifest.Row) (*Connection, error)
	Guards  Guards
	// Consent lets a plan start, or says why not; open are the runs of other jobs
	// that would be closed for it.
	Consent func(ctx context.Context, p *plan.Plan, open []runs.Info) error
	Reports Reports
	// Tell is told what happens.
	Tell func(Event)
	// Code is the exit code that a run's summary keeps.
	Code func(history.Standing) int

	Workers     int           // calls under way at once in each lane
	Settle      time.Duration // how long a call without an answer may take effect
	LockTimeout time.Duration // how long to wait for lanes that are held
	Grace       time.Duration // how long a run that is stopped may take to finish what is open
	Tool        string        // name and version of the program
}

// Reports writes down how the rows of a job ended, in formats of its own.
type Reports interface {
	// Own writes the report that stays in the run's folder.
	Own(w io.Writer, e *Ending) error
	// Copies writes the reports that were asked for.
	Copies(e *Ending) error
}

// A RefusedError is a plan that was not allowed to start, by a guard or for want
// of consent: a [*StrictError], a [*GuardError], or what Consent returned.
type RefusedError struct {
	Plan  *plan.Plan
	Extra []string // names of the rows' extra columns
	Err   error
}

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// Apply takes a draft through the steps of the package comment. It returns how
// the job came out, or an error if it did not begin: a [*StoppedError],
// [*NoLaneError], [*RefusedError], or one of package runs.
func (l *Life) Apply(ctx context.Context, d *Draft) (*Ending, error) {
	lanes := laneNames(d.Lanes)
	h := new(held)
	defer h.release()
	if err := l.lock(ctx, h, lanes); err != nil {
		return nil, err
	}
	if err := l.settleRecent(ctx, lanes); err != nil {
		return nil, err
	}
	if err := l.List(ctx, d); err != nil {
		return nil, err
	}
	same, err := l.sameJob(h.left, d.Plan)
	if err != nil {
		return nil, err
	}
	if same != "" {
		l.Tell(Resuming{same})
		d.drop()
		return l.takeUp(ctx, h, same, toFinish)
	}
	if len(h.left) > 0 {
		if e, err := l.makeWay(ctx, h, d); e != nil || err != nil {
			return e, err
		}
	}
	if err := l.mayStart(ctx, d, nil); err != nil {
		return nil, err
	}
	if d.Plan.Totals()[plan.Planned] == 0 {
		return l.nothing(d)
	}
	r, err := l.seal(d)
	if err != nil {
		return nil, fmt.Errorf("%w; no row was tried", err) // a run of another job may have been closed
	}
	h.Note(r.id())
	l.Tell(UnderWay{r.id()})
	results, stopped := l.execute(ctx, r)
	return l.end(r, results, stopped), nil
}

// Rehearse does a draft without a state folder, so that nothing stays of it.
func (l *Life) Rehearse(ctx context.Context, d *Draft) (*Ending, error) {
	if err := l.List(ctx, d); err != nil {
		return nil, err
	}
	if err := l.mayStart(ctx, d, nil); err != nil {
		return nil, err
	}
	r := d.run()
	results, stopped := l.execute(ctx, r)
	return l.end(r, results, stopped), nil
}

// Resume finishes an unfinished run. The ending is nil if nothing was ever sent
// for it.
func (l *Life) Resume(ctx context.Context, info runs.Info) (*Ending, error) {
	return l.reclaim(ctx, info, toFinish)
}

// Abandon closes an unfinished run: what is open is finished, nothing else is
// begun. The ending is nil if nothing was ever sent for it.
func (l *Life) Abandon(ctx context.Context, info runs.Info) (*Ending, error) {
	return l.reclaim(ctx, info, toAbandon)
}

func (l *Life) reclaim(ctx context.Context, info runs.Info, to aim) (_ *Ending, err error) {
	h := new(held)
	defer h.release()
	if err := l.lockLanes(ctx, h, info.Head.Lanes); err != nil {
		return nil, err
	}
	if h.left, err = l.dropUnsealed([]runs.Info{info}); err != nil || len(h.left) == 0 {
		return nil, err
	}
	return l.takeUp(ctx, h, info.ID, to)
}

// mayStart asks everything that can keep a job from starting; open are the runs
// of other jobs that are to be closed for it.
func (l *Life) mayStart(ctx context.Context, d *Draft, open []runs.Info) error {
	l.enter(Check)
	err := l.guard(d, open)
	if err == nil && d.Saved != nil && l.State != nil {
		if err := l.State.PlanUsed(d.Saved.Sum); err != nil {
			return err
		}
	}
	if err == nil {
		err = l.Consent(ctx, d.Plan, open)
	}
	if err != nil {
		return &RefusedError{d.Plan, d.Extra, err}
	}
	return nil
}

func (l *Life) guard(d *Draft, open []runs.Info) error {
	if len(open) > 0 && ringOpen(d.Inventories) { // Strict has its say once it is closed
		return l.Guards.checkLimits(d.Plan, d.Inventories)
	}
	return l.Guards.Check(d.Plan, d.Inventories)
}

// nothing ends a job without a run: there is nothing to do.
func (l *Life) nothing(d *Draft) (*Ending, error) {
	if d.Saved != nil {
		if err := l.State.UsePlan(d.Saved.Sum, "", time.Now()); err != nil {
			return nil, err
		}
	}
	return l.end(&run{plan: d.Plan, extra: d.Extra}, history.DryRun(d.Plan), nil), nil
}

// execute does a run and returns its results; the error says why it stopped
// early.
func (l *Life) execute(ctx context.Context, r *run) ([]history.Result, error) {
	l.enter(Execute)
	l.Tell(Applying{Run: r.id(), Plan: r.plan, Extra: r.extra, Row: r.row})
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	budget := &budget{limits: l.Guards.Limits, planned: r.plan.Totals()[plan.Planned], stop: stop}
	job := batch.Job{
		Plan: r.plan, Old: r.old, Lanes: r.lanes, Workers: l.Workers, Seen: r.seen, Grace: l.Grace, Past: r.past,
		Observe: func(e batch.Event, result history.Result) {
			row := Row{e, result}
			budget.note(row)
			l.Tell(row)
		},
		ObserveLane: func(e batch.LaneEvent) { l.Tell(Lane(e)) },
	}
	if r.log != nil {
		job.Journal = r.log
	}
	results, stopped := job.Run(ctx)
	l.Tell(Applied{})
	if err := r.closeJournal(); err != nil {
		stopped = &batch.JournalError{Err: err}
	}
	return results, stopped
}
