package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/report"
)

// sameJob is the one of the unfinished runs that is of a plan's job, "" if none
// is.
func sameJob(state *runs.Folder, left []runs.Info, p *plan.Plan) (id string, err error) {
	job := p.JobHash()
	for _, info := range left {
		if info.Head.Job == job {
			return info.ID, nil
		}
	}
	byName := func(r plan.Row) bool { return r.Request.ImageID == "" }
	if !slices.ContainsFunc(p.Rows, byName) {
		return "", nil
	}
	for _, info := range left {
		if same, err := continues(state, info, p); err != nil || same {
			return info.ID, err
		}
	}
	return "", nil
}

// continues tells whether a plan is what is left of an unfinished run's job.
func continues(state *runs.Folder, info runs.Info, p *plan.Plan) (bool, error) {
	if info.Head.Rows != len(p.Rows) {
		return false, nil
	}
	run, err := state.OpenRun(info.ID)
	if err != nil {
		return false, err
	}
	defer run.Close()
	sealed, err := readRun(run)
	if err != nil {
		return false, err
	}
	return p.Continues(sealed.Plan), nil
}

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

// settleLeft waits until calls of unfinished runs can land no more, and plans
// anew if they still could when the images were listed.
func (a *application) settleLeft(ctx context.Context, state *runs.Folder, p *prepared, left []runs.Info) error {
	late := false
	for _, info := range left {
		history, err := recallRun(state, info.ID)
		if err != nil {
			return err
		}
		settled := history.SettledAt(a.common.settle)
		late = late || settled.After(p.seen)
		if err := a.waitFor(ctx, info.ID, settled); err != nil {
			return err
		}
	}
	if !late {
		return nil
	}
	p.plan, p.inventories = nil, nil
	return p.load(ctx)
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
	return a.finish(nil, &work{plan: r.Plan, extra: r.Extra}, r, why, a.applyCommand(path, p.saved != nil))
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
			r.Results[i].Code, r.Results[i].Message = batch.Stopped, fmt.Sprint(why)
		}
	}
	return r
}
