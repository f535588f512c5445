package lifecycle

import (
	"context"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// Apply takes a draft through the steps of the package comment and returns how
// the job came out. The error says why it did not start: a [*StoppedError], a
// [*NoLaneError], a [*RefusedError], or an error of package runs.
func (l *Life) Apply(ctx context.Context, d *Draft) (*Ending, error) {
	lanes := lockNames(d.Lanes)
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
	if err := l.nameParked(d.Plan); err != nil {
		return nil, err
	}
	if d.Plan.Totals()[plan.Planned] == 0 {
		return l.nothing(d)
	}
	r, err := l.seal(h.Locks, d)
	if err != nil {
		return nil, &UnsealedError{err}
	}
	h.Note(r.id())
	l.Tell(UnderWay{r.id()})
	results, stopped := l.execute(ctx, r)
	return l.end(r, results, stopped), nil
}

// Rehearse applies a draft without a state folder: nothing of it is kept.
func (l *Life) Rehearse(ctx context.Context, d *Draft) (*Ending, error) {
	if err := l.List(ctx, d); err != nil {
		return nil, err
	}
	if err := l.mayStart(ctx, d, nil); err != nil {
		return nil, err
	}
	r := l.newRun(d)
	results, stopped := l.execute(ctx, r)
	return l.end(r, results, stopped), nil
}

// Resume finishes an unfinished run. It returns a nil ending if the run never
// sent anything.
func (l *Life) Resume(ctx context.Context, info runs.Info) (*Ending, error) {
	return l.reclaim(ctx, info, toFinish)
}

// Abandon closes an unfinished run: it finishes what is open and starts nothing
// else. It returns a nil ending if the run never sent anything.
func (l *Life) Abandon(ctx context.Context, info runs.Info) (*Ending, error) {
	return l.reclaim(ctx, info, toAbandon)
}

// reclaim locks the lanes of an unfinished run and takes it up.
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

// nothing ends a job that has nothing to do, without a run.
func (l *Life) nothing(d *Draft) (*Ending, error) {
	if d.Saved != nil {
		if err := l.State.UsePlan(d.Saved.Sum, "", time.Now()); err != nil {
			return nil, err
		}
	}
	return l.end(&run{plan: d.Plan, extra: d.Extra, others: d.others}, history.DryRun(d.Plan), nil), nil
}
