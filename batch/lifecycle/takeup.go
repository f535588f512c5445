package lifecycle

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// takeUp finishes or closes a run. The caller holds its lanes. One whose budget is
// exceeded is not finished: it sends nothing until it is allowed more failures.
func (l *Life) takeUp(ctx context.Context, h *held, id string, to aim) (*Ending, error) {
	h.Note(id)
	l.Tell(UnderWay{id})
	r, conn, err := l.reopen(ctx, h.Locks, id, to)
	exceeded, over := errors.AsType[*plan.LimitError](err)
	switch {
	case over:
		return l.leave(id, exceeded, to)
	case err != nil && ctx.Err() != nil:
		return l.leave(id, context.Cause(ctx), to)
	case err != nil:
		return nil, err
	}
	defer conn.Close()
	results, stopped := l.execute(ctx, r)
	return l.end(r, results, stopped), nil
}

// leave returns the ending of a run that was stopped before it was taken up.
func (l *Life) leave(id string, stopped error, to aim) (*Ending, error) {
	e, err := Rebuild(l.State, id)
	if err != nil {
		return nil, errors.Join(stopped, err)
	}
	e.Stopped, e.Left = stopped, true
	if to != toMakeWay {
		e.Unwritten = l.Reports.Copies(e)
	}
	return e, nil
}

// reopen opens a run that an earlier process left, and plans the rest of it.
func (l *Life) reopen(ctx context.Context, locks *runs.Locks, id string, to aim) (*run, *Connection, error) {
	folder, err := l.State.OpenRun(id)
	if err != nil {
		return nil, nil, err
	}
	r := &run{folder: folder, aim: to}
	conn, err := l.planLeft(ctx, locks, r)
	if err != nil {
		return nil, nil, errors.Join(err, r.close())
	}
	return r, conn, nil
}

// planLeft reads what was planned and done of a run, lists its lanes and plans
// the rest.
func (l *Life) planLeft(ctx context.Context, locks *runs.Locks, r *run) (*Connection, error) {
	l.Tell(Reading{Rows: r.folder.Info().Head.Rows})
	saved, err := readSound(r.folder)
	if err != nil {
		return nil, err
	}
	if r.aim == toFinish {
		r.budget = l.budgetOf(r.folder.Info().Head, saved.Plan)
	}
	replay, err := l.openJournal(locks, r)
	if err == nil {
		err = r.budget.exceeded()
	}
	if err != nil {
		return nil, err
	}
	reviewed := ReviewOf(saved)
	saved.Info.Review = nil // it is large
	saved.Plan.Lighten()
	d, err := l.Draft(ctx, SourceOf("", saved))
	if err != nil {
		return nil, err
	}
	d.fit = plan.Rest
	err = l.await(ctx, r.id(), l.settledAt(r.folder, replay)) // the listing tells what became of its calls
	if err == nil {
		err = l.list(ctx, d)
	}
	if err == nil {
		if slices.Equal(saved.Plan.Lanes, d.Plan.Lanes) { // its indexes are those of the run's first plan
			r.reviewed = reviewed
		}
		r.unplanned = saved.Plan.Totals()[plan.Pending]
		err = l.goOn(r, d, oldValues(saved.Plan), replay)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d.Connection, nil
}

// budgetOf returns the budget of a run: the one that was asked for now, else its
// own. The rows that its plan holds back have been spent of it.
func (l *Life) budgetOf(head runs.Head, sealed *plan.Plan) *budget {
	b := newBudget(cmp.Or(l.Guards.Limits.Failures, FailureLimit(head)), len(sealed.Rows))
	for i := range sealed.Rows {
		b.decided(i, sealed.Rows[i].Verdict)
	}
	return b
}

// goOn replaces the plan of a run by a new one, and keeps the old values of its
// first plan.
func (l *Life) goOn(r *run, d *Draft, old []*ecs.Attributes, replay *history.Replay) error {
	r.plan, r.old, r.lanes, r.seen, r.extra = d.Plan, old, d.lanesOfPlan(), d.seen, d.Extra
	l.free(d)
	r.past = replay.Past()
	if r.aim != toFinish {
		r.plan = d.Plan.OnlyOpen()
	}
	if err := r.log.Reserve(reserve(r.plan)); err != nil {
		return err
	}
	return r.log.Append(l.signature(nil)) // durable with the first intent
}

// oldValues returns the old values of a plan's rows.
func oldValues(p *plan.Plan) []*ecs.Attributes {
	old := make([]*ecs.Attributes, len(p.Rows))
	for i := range old {
		old[i] = p.Rows[i].Old
	}
	return old
}

// Rebuild makes the ending of a run from its plan and its journal: what is known
// of a run that is at work, or whose process is gone.
func Rebuild(state *runs.Folder, id string) (*Ending, error) {
	folder, err := state.OpenRun(id)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	saved, err := readSound(folder)
	if err != nil {
		return nil, err
	}
	rebuild := history.NewRebuild(saved.Plan)
	if err := readJournal(folder, rebuild.Add); err != nil {
		return nil, err
	}
	shown := (&run{plan: saved.Plan}).shown()
	return &Ending{Run: id, Plan: shown, Review: ReviewOf(saved), Results: rebuild.Results(), Extra: saved.Info.Extra}, nil
}
