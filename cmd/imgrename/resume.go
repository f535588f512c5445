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

// A purpose is what an unfinished run is taken up for.
type purpose uint8

const (
	toFinish  purpose = iota // to do what is left of it
	toAbandon                // to close it: what is open is finished, nothing else begun
	toMakeWay                // the same, for the sake of another job
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
		RunE: func(cmd *cobra.Command, args []string) error {
			if abandon {
				return a.runResume(cmd.Context(), args, toAbandon)
			}
			return a.runResume(cmd.Context(), args, toFinish)
		},
	}
	cmd.Flags().BoolVar(&abandon, "abandon", false, "close the run: finish what is open, begin nothing else")
	cmd.Flags().DurationVar(&a.deadline, "deadline", 0, "begin nothing new after this time, and end in good order (0: none)")
	return cmd
}

func (a *application) runResume(ctx context.Context, args []string, aim purpose) error {
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
	if err := a.wholeRun(info); err != nil {
		return err
	}
	locks, err := a.lockLanes(ctx, state, info.Head.Lanes)
	if err != nil {
		return err
	}
	defer func() { _ = locks.Release() }() // the kernel does it if this fails
	left, err := a.dropUnsealed(state, []runs.Info{info})
	if err != nil || len(left) == 0 {
		return err
	}
	return a.resume(ctx, state, locks, id, aim)
}

// noRun says that there is nothing to resume, or not the run that was named.
func (a *application) noRun(args []string) error {
	if len(args) > 0 {
		return &runs.NotFoundError{ID: args[0]}
	}
	if !a.quiet && !a.json {
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
	switch {
	case a.json:
		end := summarise(nil, ending{}, codeOK)
		end.Run, end.Rows, end.Counts = info.ID, info.Head.Rows, info.End.Counts
		a.event(end)
	case !a.quiet:
		fmt.Fprintf(a.out, "run %s is finished, nothing is left to resume\n", info.ID)
	}
	return nil
}

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
	return a.finish(state, w, r, stopped, "")
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

// takeUp reads what an earlier process left of a run, lists its lanes and plans
// what is left of it.
func (a *application) takeUp(ctx context.Context, state *runs.Folder, id string, aim purpose) (_ *work, _ *connection, err error) {
	run, err := state.OpenRun(id)
	if err != nil {
		return nil, nil, err
	}
	w := &work{run: run, aim: aim}
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
	p.letGo(a.workers)
	w.past = history.Past()
	if aim != toFinish {
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
		a.say("run %s: the end of the journal was not whole; its last %d bytes, on which nothing rests, were dropped\n", w.run.ID(), tail.Cut)
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
		history, err := recallRun(state, info.ID)
		if err != nil {
			return err
		}
		if err := a.waitFor(ctx, info.ID, history.LastLate().Add(a.common.settle)); err != nil {
			return err
		}
	}
	return nil
}

// recallRun reads what was done for a run.
func recallRun(state *runs.Folder, id string) (*batch.History, error) {
	history := new(batch.History)
	run, err := state.OpenRun(id)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	_, err = journal.Read(journal.OSFolder(run.Root()), journalFile, history.Recall)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // it ended before it sent anything
		return nil, err
	}
	return history, nil
}

// waitFor waits until calls of a run without an answer can land no more.
func (a *application) waitFor(ctx context.Context, run string, settled time.Time) error {
	left := time.Until(settled)
	if left <= 0 {
		return nil
	}
	if left > time.Second {
		a.say("run %s: waiting %s until earlier calls have settled\n", run, left.Round(time.Second))
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return stoppedFirst(context.Cause(ctx))
	}
}

// finishClosed ends a run that was to be closed, and says how it came out. It is
// closed unless it was stopped before its end, or something stays parked or unknown,
// or that cannot be written down.
func (a *application) finishClosed(state *runs.Folder, w *work, r report.Report, stopped error) error {
	code := worst(r.Results)
	if code == codeUncertain || code == codePending && stopped != nil || is[*batch.JournalError](stopped) {
		return a.finish(state, w, r, stopped, "")
	}
	unwritten := a.keepReports(w, r)
	if err := errors.Join(a.endClosed(state, w, r), w.closeRun()); err != nil {
		return a.conclude(w, r, nil, "", unwritten, err)
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
