package lifecycle

import (
	"context"
	"fmt"

	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// makeWay closes the unfinished runs of other jobs, once nothing keeps the new
// job from starting, and plans the new job again. If all is as desired already,
// it leaves them as they are. It returns an ending if the job ended with that.
func (l *Life) makeWay(ctx context.Context, h *held, d *Draft) (*Ending, error) {
	if err := l.settleLeft(ctx, d, h.left); err != nil {
		return nil, err
	}
	if d.Plan.Totals()[plan.Unchanged] == len(d.Plan.Rows) {
		for _, info := range h.left {
			l.Tell(Leaving{info.ID})
		}
		return nil, nil
	}
	if err := l.mayStart(ctx, d, h.left); err != nil {
		return nil, err
	}
	l.Tell(Clear)
	d.Plan, d.Inventories = nil, nil // made anew after that
	for _, info := range h.left {
		l.Tell(Closing{info.ID})
		e, err := l.takeUp(ctx, h, info.ID, toMakeWay)
		switch {
		case err != nil:
			return l.notBegun(ctx, d, err)
		case !e.Closed:
			return l.behind(ctx, d, e), nil
		}
		l.Tell(Closed{e, info.Head.Source})
		if e.Unwritten != nil {
			return l.notBegun(ctx, d, e.Unwritten)
		}
	}
	err := l.settleRecent(ctx, lockNames(d.Lanes)) // closing sends calls too
	if err == nil {
		err = l.List(ctx, d)
	}
	if err != nil {
		return l.notBegun(ctx, d, err)
	}
	h.Note("")
	return nil, nil
}

// notBegun ends a job that failed after other runs had been taken up for it. If
// it was stopped in between, it has an ending: none of its rows was tried.
func (l *Life) notBegun(ctx context.Context, d *Draft, err error) (*Ending, error) {
	if ctx.Err() == nil {
		return nil, err
	}
	return l.untried(d, context.Cause(ctx)), nil
}

// behind ends a job that has to wait for a run of another job.
func (l *Life) behind(ctx context.Context, d *Draft, other *Ending) *Ending {
	why := context.Cause(ctx)
	if why == nil {
		why = fmt.Errorf("run %s of another job must be resumed first", other.Run)
	}
	e := l.untried(d, why)
	e.Other = other
	return e
}

// untried is the ending of a job of which nothing was begun.
func (l *Life) untried(d *Draft, why error) *Ending {
	p := d.untried(why)
	results := history.DryRun(p)
	for i := range results {
		if results[i].Outcome == plan.Pending {
			results[i].Code, results[i].Message = history.CodeStopped, fmt.Sprint(why)
		}
	}
	return l.end(&run{plan: p, extra: d.Extra}, results, why)
}
