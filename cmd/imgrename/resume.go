package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/journal"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/report"
)

func newResume(c *common) *cobra.Command {
	a := &application{planning: planning{common: c}}
	abandon := false
	cmd := &cobra.Command{
		Use:   "resume [RUN]",
		Short: "Settle and finish a run that was interrupted",
		Long: `Settle and finish a run that was interrupted, however it was.

Calls whose fate is not known are read back first. Nothing is asked: consent was
given when the run began. Without RUN, the one unfinished run is meant. With
--abandon the run is closed instead: rings of names that are open are finished,
and nothing else is begun.`,
		Args: atMostOne("a run"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runResume(cmd.Context(), args, abandon) },
	}
	cmd.Flags().BoolVar(&abandon, "abandon", false, "close the run: finish what is open, begin nothing else")
	cmd.Flags().DurationVar(&a.deadline, "deadline", 0, "begin nothing new after this time, and end in good order (0: none)")
	return cmd
}

func (a *application) runResume(ctx context.Context, args []string, abandon bool) error {
	ctx, cancel := a.withDeadline(ctx)
	defer cancel()
	if a.simulate != "" {
		return &usageError{errors.New("a rehearsal leaves nothing to resume: --simulate has no place here")}
	}
	state, err := runs.Find(a.stateFolder())
	if errors.Is(err, fs.ErrNotExist) {
		return a.noRun(args)
	}
	if err != nil {
		return err
	}
	defer state.Close()
	id, err := which(state, args)
	if err != nil {
		return err
	}
	if id == "" {
		return a.noRun(args)
	}
	run, err := state.OpenRun(id)
	if err != nil {
		return err
	}
	info := run.Info()
	if err := run.Close(); err != nil {
		return err
	}
	if info.Problem != nil {
		return info.Problem
	}
	if !info.Unfinished() {
		return a.alreadyFinished(info)
	}
	locks, err := state.Lock(ctx, info.Head.Lanes, a.lockTimeout)
	if err != nil {
		return err
	}
	defer func() { _ = locks.Release() }() // the kernel does it if this fails
	left, err := a.dropUnsealed(state, []runs.Info{info})
	if err != nil || len(left) == 0 {
		return err
	}
	return a.resume(ctx, state, id, abandon)
}

// noRun says that there is nothing to resume, or not the run that was named.
func (a *application) noRun(args []string) error {
	if len(args) > 0 {
		return &runs.NotFoundError{ID: args[0]}
	}
	if !a.quiet {
		fmt.Fprintln(a.out, "nothing to resume")
	}
	return nil
}

// which is the run to resume: the one named, or the only one unfinished; "" if
// there is none.
func which(state *runs.Folder, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	left, err := state.Unfinished()
	if err != nil || len(left) == 0 {
		return "", err
	}
	if len(left) > 1 {
		var ids []string
		for _, info := range left {
			ids = append(ids, info.ID)
		}
		return "", &usageError{hinted{fmt.Errorf("%d runs are unfinished: %s", len(left), strings.Join(ids, ", ")), "name one of them"}}
	}
	return left[0].ID, nil
}

// alreadyFinished says that there is nothing to do.
func (a *application) alreadyFinished(info runs.Info) error {
	if !a.quiet {
		fmt.Fprintf(a.out, "run %s is finished, nothing is left to resume\n", info.ID)
	}
	return nil
}

// resume finishes a run whose lanes are locked, or closes it.
func (a *application) resume(ctx context.Context, state *runs.Folder, id string, abandon bool) error {
	w, conn, err := a.takeUp(ctx, state, id, abandon)
	if err != nil {
		return err
	}
	defer conn.close()
	r, stopped := a.execute(ctx, w)
	if abandon {
		return errors.Join(a.finishClosed(state, w, r, stopped), w.close())
	}
	return errors.Join(a.finish(state, w, r, stopped, ""), w.close())
}

// takeUp reads what an earlier process left of a run, lists its lanes and plans
// what is left of it.
func (a *application) takeUp(ctx context.Context, state *runs.Folder, id string, abandon bool) (_ *work, _ *connection, err error) {
	run, err := state.OpenRun(id)
	if err != nil {
		return nil, nil, err
	}
	w := &work{run: run}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	boundMemory(run.Info().Head.Rows, 0)
	saved, err := readRun(run)
	if err != nil {
		return nil, nil, err
	}
	history, err := a.recall(w)
	if err != nil {
		return nil, nil, err
	}
	p, err := a.reachAgain(ctx, saved)
	if err != nil {
		return nil, nil, err
	}
	if err = a.settle(ctx, w); err == nil {
		err = p.load(ctx)
	}
	if err != nil {
		p.close()
		return nil, nil, err
	}
	w.plan, w.old, w.lanes, w.seen, w.extra = p.plan, oldValues(saved.Plan), p.lanesOfPlan(), p.seen, p.extra
	p.letGo()
	w.past = history.Past()
	if abandon {
		w.plan = p.plan.OnlyOpen()
	}
	if err := w.log.Reserve(reserve(w.plan)); err != nil {
		p.close()
		return nil, nil, err
	}
	return w, p.connection, nil
}

// recall opens the run's journal and reads what was done.
func (a *application) recall(w *work) (*batch.History, error) {
	history := new(batch.History)
	log, tail, err := journal.Open(journal.OSFolder(w.run.Root()), journalFile, history.Recall)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", w.run.ID(), err)
	}
	if tail.Cut > 0 {
		fmt.Fprintf(a.err, "run %s: the journal was cut short by a crash; %d bytes that nothing rests on were dropped\n", w.run.ID(), tail.Cut)
	}
	w.log, w.settled = log, history.SettledAt(a.common.settle)
	if _, ended, err := w.run.Finished(); err == nil && ended {
		w.settled = history.LastLate().Add(a.common.settle) // what it did was read back then
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

// settle waits until no call of the run's earlier processes can land any more, so
// that the listing after it tells what became of them.
func (a *application) settle(ctx context.Context, w *work) error {
	return a.waitFor(ctx, w.run.ID(), w.settled)
}

// settleRecent waits for calls of runs on these lanes that have ended just now:
// one that had no answer, and was sent again, may still land, and must not do so
// on top of what is sent next.
func (a *application) settleRecent(ctx context.Context, state *runs.Folder, lanes []string) error {
	all, err := state.Runs()
	if err != nil {
		return err
	}
	for _, info := range all {
		if info.End == nil || time.Since(info.End.Ended) > a.common.settle || !overlap(info.Head.Lanes, lanes) {
			continue
		}
		last, err := lastLate(state, info.ID)
		if err != nil {
			return err
		}
		if err := a.waitFor(ctx, info.ID, last.Add(a.common.settle)); err != nil {
			return err
		}
	}
	return nil
}

// lastLate is when the last call of a run went out that may still land.
func lastLate(state *runs.Folder, id string) (last time.Time, err error) {
	run, err := state.OpenRun(id)
	if err != nil {
		return last, err
	}
	defer run.Close()
	var history batch.History
	_, err = journal.Read(journal.OSFolder(run.Root()), journalFile, history.Recall)
	if errors.Is(err, fs.ErrNotExist) {
		return last, nil // it ended before it sent anything
	}
	return history.LastLate(), err
}

// waitFor waits until calls of a run without an answer can land no more.
func (a *application) waitFor(ctx context.Context, run string, settled time.Time) error {
	left := time.Until(settled)
	if left <= 0 {
		return nil
	}
	if left > time.Second {
		fmt.Fprintf(a.err, "run %s: waiting %s until earlier calls have settled\n", run, left.Round(time.Second))
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &unreadableError{context.Cause(ctx)}
	}
}

// finishClosed ends a run that was closed. It is an error only if something
// stays parked or unknown.
func (a *application) finishClosed(state *runs.Folder, w *work, r report.Report, stopped error) error {
	if err := a.endClosed(state, w, r, stopped); err != nil {
		return err
	}
	if !a.json {
		_ = r.Text(a.err) // a sink never fails
	}
	fmt.Fprintf(a.err, "run %s is closed: %s\n", w.run.ID(), report.Counts(r.Results))
	if worst(r.Results) == codeUncertain || stopped != nil {
		return outcomeOf(r.Results)
	}
	return nil
}

func (a *application) endClosed(state *runs.Folder, w *work, r report.Report, stopped error) error {
	if err := a.endRun(state, w, r, stopped); err != nil {
		return err
	}
	if worst(r.Results) == codeUncertain || stopped != nil {
		return nil
	}
	end, _, err := w.run.Finished()
	end.Pending, end.Why = false, "closed" // rows that were not tried are dropped
	return errors.Join(err, w.run.Finish(end))
}

// closeAll settles and closes unfinished runs of other jobs, the oldest first.
func (a *application) closeAll(ctx context.Context, state *runs.Folder, left []runs.Info) error {
	for _, info := range left {
		fmt.Fprintf(a.err, "run %s of another job was not finished: settling and closing it\n", info.ID)
		if err := a.resume(ctx, state, info.ID, true); err != nil {
			return err
		}
	}
	return nil
}
