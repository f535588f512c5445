package lifecycle

import (
	"context"
	"errors"
	"fmt"

	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// makeWay closes the unfinished runs of other jobs, once nothing keeps the new
// job from starting, and plans the new job again. If there is nothing to do, it
// leaves them as they are. A run that cannot be closed keeps the lanes where it
// has left something. It returns an ending if the job ended with that.
func (l *Life) makeWay(ctx context.Context, h *held, d *Draft) (*Ending, error) {
	if err := l.settleLeft(ctx, d, h.left); err != nil {
		return nil, err
	}
	if d.idle() {
		for _, info := range h.left {
			l.Tell(Leaving{info.ID})
		}
		return nil, nil
	}
	if err := l.mayStart(ctx, d, h.left); err != nil {
		return nil, err
	}
	l.Tell(Clear)
	renamed := d.renamed()
	d.Plan, d.Inventories = nil, nil // made anew after that
	for _, info := range h.left {
		e, err := l.closeOther(ctx, h, info, renamed)
		switch {
		case err != nil:
			return l.notBegun(ctx, d, err)
		case e.Closed && e.Unwritten != nil:
			return l.notBegun(ctx, d, e.Unwritten)
		case e.TakenOver():
			return l.untried(d, e.Stopped), nil
		case !e.Closed:
			if d.waitFor(e); ctx.Err() != nil || d.waitsAll() {
				return l.behind(ctx, d), nil
			}
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

// closeOther closes a run of another job, or tells why it cannot be. renamed are
// the images that this job renames: those may be parked.
func (l *Life) closeOther(ctx context.Context, h *held, info runs.Info, renamed map[string]bool) (*Ending, error) {
	l.Tell(Closing{info.ID})
	e, err := l.takeUp(ctx, h, info.ID, toMakeWay)
	if err != nil {
		return nil, err
	}
	if !e.Closed && e.onlyParked(func(id string) bool { return renamed[id] }) {
		if err := l.closeParked(e); err != nil {
			return nil, err
		}
	}
	if e.Closed {
		l.Tell(Closed{e, info.Head.Source})
	} else {
		l.Tell(Unclosed{e, info.Head.Source})
	}
	return e, nil
}

// closeParked closes a run that has ended with images under temporary names.
func (l *Life) closeParked(e *Ending) error {
	folder, err := l.State.OpenRun(e.Run)
	if err != nil {
		return err
	}
	err = errors.Join(l.keepEnd(&run{folder: folder}, e, true), folder.Close())
	e.Closed = err == nil
	return err
}

// notBegun ends a job that failed after other runs had been taken up for it. If
// it was stopped in between, it has an ending: none of its rows was tried.
func (l *Life) notBegun(ctx context.Context, d *Draft, err error) (*Ending, error) {
	if ctx.Err() == nil {
		return nil, err
	}
	return l.untried(d, context.Cause(ctx)), nil
}

// behind ends a job that has to wait for runs of other jobs.
func (l *Life) behind(ctx context.Context, d *Draft) *Ending {
	why := context.Cause(ctx)
	if why == nil {
		why = waiting(d.others[0])
	}
	return l.untried(d, why)
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
	return l.end(&run{plan: p, extra: d.Extra, others: d.others}, results, why)
}
