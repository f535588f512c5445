package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/report"
)

// makeWay closes what other jobs have left unfinished, once nothing keeps the
// new job from starting, and plans that anew. Where all is as desired already
// there is nothing to make way for.
func (a *application) makeWay(ctx context.Context, state *runs.Folder, locks *runs.Locks, p *prepared, path string, left []runs.Info) error {
	if err := a.settleLeft(ctx, state, p, left); err != nil {
		return err
	}
	if p.plan.Totals()[plan.Unchanged] == len(p.plan.Rows) {
		for _, info := range left {
			a.say("run %s of another job is not finished; it is left as it is: nothing is to be done here\n", info.ID)
		}
		return a.mayStart(ctx, state, p, nil)
	}
	if err := a.mayStart(ctx, state, p, left); err != nil {
		return err
	}
	p.plan, p.inventories = nil, nil // made anew after that
	err := a.closeAll(ctx, state, locks, left)
	if err == nil {
		err = a.settleRecent(ctx, state, laneNames(p.lanes)) // closing sends calls too
	}
	if err == nil {
		err = p.load(ctx)
	}
	if err != nil {
		return a.notBegun(ctx, p, path, err)
	}
	locks.Note("")
	return a.mayStart(ctx, state, p, nil)
}

// closeAll settles and closes unfinished runs of other jobs, the oldest first.
func (a *application) closeAll(ctx context.Context, state *runs.Folder, locks *runs.Locks, left []runs.Info) error {
	for _, info := range left {
		a.say("run %s of another job was not finished: settling and closing it\n", info.ID)
		if err := a.resume(ctx, state, locks, info.ID, toMakeWay); err != nil {
			return err
		}
	}
	return nil
}

// ringOpen tells whether an image is under a temporary name. As long as it is,
// rows may be held back that closing the ring lets go.
func ringOpen(lanes []plan.Inventory) bool {
	parked := func(i ecs.Image) bool { return plan.IsTemporary(i.ImageName) }
	return slices.ContainsFunc(lanes, func(l plan.Inventory) bool { return slices.ContainsFunc(l.Images, parked) })
}

// notBegun ends a job that came to nothing after other runs had been taken up for
// it: none of its rows was tried. If it was stopped in between, that is said;
// else err has been, or is.
func (a *application) notBegun(ctx context.Context, p *prepared, path string, err error) error {
	if ctx.Err() == nil && !is[*outcomeError](err) {
		return err
	}
	why := context.Cause(ctx)
	if why == nil {
		why = errors.New("a run of another job has to be resumed first")
	}
	r := p.untried(why)
	if is[*outcomeError](err) { // which has been told, with what to type next
		return errors.Join(err, a.writeReports(r))
	}
	return a.finish(nil, &work{plan: r.Plan, extra: r.Extra, again: a.applyCommand(path, p.saved != nil)}, r, why)
}

// untried is the report of a job of which nothing was begun.
func (p *prepared) untried(why error) report.Report {
	inventories := make([]plan.Inventory, len(p.lanes))
	for i, lane := range p.lanes {
		inventories[i] = plan.Inventory{Lane: lane.Lane, Unread: why}
	}
	var r report.Report
	if p.saved != nil {
		r = report.DryRun(plan.Compare(p.saved.Plan, inventories), p.extra)
	} else {
		r = report.DryRun(plan.New(p.requests, inventories), p.extra)
	}
	for i := range r.Results {
		if r.Results[i].Outcome == plan.Pending {
			r.Results[i].Code, r.Results[i].Message = history.CodeStopped, fmt.Sprint(why)
		}
	}
	return r
}

// finishClosed ends a run that was to be closed, and says how it came out. It is
// closed unless it was stopped before its end, or something stays parked or unknown,
// or that cannot be written down.
func (a *application) finishClosed(state *runs.Folder, w *work, r report.Report, stopped error) error {
	code := worst(r.Results)
	if code == codeUncertain || code == codePending && stopped != nil || is[*batch.JournalError](stopped) {
		return a.finish(state, w, r, stopped)
	}
	unwritten := a.keepReports(w, r)
	if err := errors.Join(a.endClosed(state, w, r), w.closeRun()); err != nil {
		return a.conclude(w, r, nil, unwritten, err)
	}
	a.tellClosed(w, r, unwritten)
	return unwritten
}

// endClosed writes down that a run is closed: rows that were not tried are
// dropped.
func (a *application) endClosed(state *runs.Folder, w *work, r report.Report) error {
	if err := a.keepEnd(state, w, r, nil); err != nil {
		return err
	}
	end, _, err := w.run.Finished()
	end.Pending, end.Why = false, closedWhy
	return errors.Join(err, w.run.Finish(end))
}

// closedWhy is why a run ended that was closed.
const closedWhy = "closed"

// tellClosed says that a run is closed: it is what was asked for, or news on the
// way to something else.
func (a *application) tellClosed(w *work, r report.Report, err error) {
	out := a.out
	switch {
	case w.aim == toMakeWay:
		out = a.err
	case a.json:
		_ = a.tellRun(r, ending{run: w.id(), why: closedWhy}, err) // an event never fails
		return
	}
	if a.quiet && err == nil {
		return
	}
	if !a.json {
		_ = r.Text(out) // a sink never fails
	}
	fmt.Fprintf(out, "run %s is closed: %s\n", w.id(), report.Counts(r.Results))
}
