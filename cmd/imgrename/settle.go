package main

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/journal"
	"imgrename/batch/runs"
)

// settledAt is when no call of the earlier processes of a run can land any more,
// so that a listing after it tells what became of them.
func (a *application) settledAt(run *runs.Run, replay *history.Replay) time.Time {
	if _, ended, err := run.Finished(); err == nil && ended {
		return replay.LastLate().Add(a.settle) // what it did was read back then
	}
	return replay.SettledAt(a.settle)
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
		if info.End == nil || time.Since(info.End.Ended) > a.settle || !overlap(info.Head.Lanes, lanes) {
			continue
		}
		replay, err := recallRun(state, info.ID)
		if err != nil {
			return err
		}
		if err := a.waitFor(ctx, info.ID, replay.LastLate().Add(a.settle)); err != nil {
			return err
		}
	}
	return nil
}

// recallRun reads what was done for a run.
func recallRun(state *runs.Folder, id string) (*history.Replay, error) {
	replay := new(history.Replay)
	run, err := state.OpenRun(id)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	_, err = journal.Read(journal.OSFolder(run.Root()), journalFile, replay.Add)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // it ended before it sent anything
		return nil, err
	}
	return replay, nil
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

// settleLeft waits until calls of unfinished runs can land no more, and plans
// anew if they still could when the images were listed.
func (a *application) settleLeft(ctx context.Context, state *runs.Folder, p *prepared, left []runs.Info) error {
	late := false
	for _, info := range left {
		replay, err := recallRun(state, info.ID)
		if err != nil {
			return err
		}
		settled := replay.SettledAt(a.settle)
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
