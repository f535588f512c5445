package lifecycle

import (
	"context"
	"errors"
	"fmt"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/journal"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// takeUp finishes or closes a run. The caller holds its lanes.
func (l *Life) takeUp(ctx context.Context, h *held, id string, to aim) (*Ending, error) {
	h.Note(id)
	l.Tell(UnderWay{id})
	r, conn, err := l.reopen(ctx, id, to)
	if err != nil && ctx.Err() != nil {
		return l.leave(id, context.Cause(ctx), to)
	}
	if err != nil {
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
func (l *Life) reopen(ctx context.Context, id string, to aim) (*run, *Connection, error) {
	folder, err := l.State.OpenRun(id)
	if err != nil {
		return nil, nil, err
	}
	r := &run{folder: folder, aim: to}
	conn, err := l.planLeft(ctx, r)
	if err != nil {
		return nil, nil, errors.Join(err, r.close())
	}
	return r, conn, nil
}

// planLeft reads what was planned and done of a run, lists its lanes and plans
// the rest.
func (l *Life) planLeft(ctx context.Context, r *run) (*Connection, error) {
	l.Tell(Reading{Rows: r.folder.Info().Head.Rows})
	saved, err := readPlan(r.folder)
	if err != nil {
		return nil, err
	}
	replay, err := l.openJournal(r)
	if err != nil {
		return nil, err
	}
	d, err := l.Draft(ctx, SourceOf("", saved))
	if err != nil {
		return nil, err
	}
	d.fit = plan.Rest
	err = l.await(ctx, r.id(), l.settledAt(r.folder, replay)) // the listing tells what became of its calls
	if err == nil {
		err = l.List(ctx, d)
	}
	if err == nil {
		r.unplanned = saved.Plan.Totals()[plan.Pending]
		err = l.goOn(r, d, oldValues(saved.Plan), replay)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d.Connection, nil
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
	return r.log.Reserve(reserve(r.plan))
}

// openJournal opens the run's journal and reads what was done.
func (l *Life) openJournal(r *run) (*history.Replay, error) {
	replay := new(history.Replay)
	log, tail, err := journal.Open(journal.OSFolder(r.folder.Root()), journalFile, replay.Add)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.id(), err)
	}
	r.log = log
	if tail.Cut > 0 {
		l.Tell(Torn{r.id(), int64(tail.Cut)})
	}
	return replay, nil
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
	saved, err := readPlan(folder)
	if err != nil {
		return nil, err
	}
	rebuild := history.NewRebuild(saved.Plan)
	if _, err := journal.Read(journal.OSFolder(folder.Root()), journalFile, rebuild.Add); err != nil {
		return nil, fmt.Errorf("run %s: %w", id, err)
	}
	return &Ending{Run: id, Plan: saved.Plan, Results: rebuild.Results(), Extra: saved.Info.Extra}, nil
}
