package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/journal"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// resume finishes a run whose lanes are locked, or closes it.
func (a *application) resume(ctx context.Context, state *runs.Folder, locks *runs.Locks, id string, aim purpose) error {
	locks.Note(id)
	a.underWay(id)
	w, conn, err := a.takeUp(ctx, state, id, aim)
	if err != nil && ctx.Err() != nil {
		return a.leave(id, context.Cause(ctx), aim)
	}
	if err != nil {
		return err
	}
	defer conn.close()
	r, stopped := a.execute(ctx, w)
	if aim != toFinish {
		return a.finishClosed(state, w, r, stopped)
	}
	return a.finish(state, w, r, stopped)
}

// leave says how a run stands that was to be taken up, where it was stopped
// before that.
func (a *application) leave(id string, stopped error, aim purpose) error {
	r, err := a.rebuild(id)
	if err != nil {
		return errors.Join(stopped, err)
	}
	if aim != toMakeWay {
		err = a.writeReports(r)
	}
	err = errors.Join(&outcomeError{r.Results, true}, err)
	if a.json {
		a.rowEvents(id, r)
	}
	return errors.Join(a.tellRun(r, ending{run: id, why: stopped.Error(), next: a.resumeCommand(id)}, err), err)
}

// takeUp opens what an earlier process left of a run, and plans what is left of
// it.
func (a *application) takeUp(ctx context.Context, state *runs.Folder, id string, aim purpose) (*work, *connection, error) {
	run, err := state.OpenRun(id)
	if err != nil {
		return nil, nil, err
	}
	w := &work{run: run, aim: aim}
	conn, err := a.planLeft(ctx, w)
	if err != nil {
		return nil, nil, errors.Join(err, w.close())
	}
	return w, conn, nil
}

// planLeft reads what was planned and done of a run, lists its lanes and plans
// what is left.
func (a *application) planLeft(ctx context.Context, w *work) (*connection, error) {
	boundMemory(w.run.Info().Head.Rows, 0)
	saved, err := readRun(w.run)
	if err != nil {
		return nil, err
	}
	history, err := a.recall(w)
	if err != nil {
		return nil, err
	}
	p, err := a.reachAgain(ctx, saved)
	if err != nil {
		return nil, err
	}
	err = a.waitFor(ctx, w.run.ID(), a.settledAt(w.run, history)) // the listing tells what became of its calls
	if err == nil {
		err = p.load(ctx)
	}
	if err == nil {
		err = a.goOn(w, p, oldValues(saved.Plan), history)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p.connection, nil
}

// goOn makes a new plan of a run the work, with the old values of its first one.
func (a *application) goOn(w *work, p *prepared, old []*ecs.Attributes, history *batch.History) error {
	w.plan, w.old, w.lanes, w.seen, w.extra = p.plan, old, p.lanesOfPlan(), p.seen, p.extra
	p.letGo(a.workers)
	w.past = history.Past()
	if w.aim != toFinish {
		w.plan = p.plan.OnlyOpen()
	}
	return w.log.Reserve(reserve(w.plan))
}

// recall opens the run's journal and reads what was done.
func (a *application) recall(w *work) (*batch.History, error) {
	history := new(batch.History)
	log, tail, err := journal.Open(journal.OSFolder(w.run.Root()), journalFile, history.Recall)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", w.run.ID(), err)
	}
	w.log = log
	if tail.Cut > 0 {
		a.say("run %s: the end of the journal was not whole; its last %d bytes, on which nothing rests, were dropped\n", w.run.ID(), tail.Cut)
	}
	return history, nil
}

// reachAgain finds the lanes of a sealed plan.
func (a *application) reachAgain(ctx context.Context, saved *plan.Saved) (*prepared, error) {
	src := sourceOf(saved)
	conn, err := a.connect(ctx, alibaba{}, src.file.Rows)
	if err != nil {
		return nil, err
	}
	if err := a.checkAccounts(src, conn); err != nil {
		conn.close()
		return nil, err
	}
	p := &prepared{connection: conn, source: src, extra: src.file.Extra}
	p.dropCopies()
	return p, nil
}

// oldValues are those that a plan tells of its rows.
func oldValues(p *plan.Plan) []*ecs.Attributes {
	old := make([]*ecs.Attributes, len(p.Rows))
	for i := range old {
		old[i] = p.Rows[i].Old
	}
	return old
}

// sameJob is the one of the unfinished runs that is of a plan's job, "" if none
// is.
func sameJob(state *runs.Folder, left []runs.Info, p *plan.Plan) (id string, err error) {
	for _, info := range left {
		if info.Head.Rows == len(p.Rows) && p.IsJob(info.Head.Job) {
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
