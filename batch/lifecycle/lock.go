package lifecycle

import (
	"context"
	"errors"
	"slices"
	"time"

	"imgrename/batch/runs"
)

// held is locked lanes, and the unfinished runs that share one of them, the
// oldest first.
type held struct {
	*runs.Locks
	left []runs.Info
}

// release unlocks the lanes. If that fails, the kernel does it at exit.
func (h *held) release() {
	if h.Locks != nil {
		_ = h.Release()
	}
}

// lock locks lanes, and with them all lanes of the unfinished runs that share
// one: those have to be settled first. The caller releases h, even after an
// error.
func (l *Life) lock(ctx context.Context, h *held, lanes []string) (err error) {
	wanted := slices.Clone(lanes)
	for {
		if err := l.lockLanes(ctx, h, wanted); err != nil {
			return err
		}
		if h.left, err = unfinishedOn(l.State, wanted); err != nil {
			return err
		}
		more := slices.Clone(wanted)
		for _, info := range h.left {
			more = append(more, info.Head.Lanes...)
		}
		slices.Sort(more)
		more = slices.Compact(more)
		if len(more) == len(wanted) {
			h.left, err = l.dropUnsealed(h.left)
			return err
		}
		if err := h.Release(); err != nil {
			return err
		}
		wanted = more
	}
}

// lockLanes locks lanes, and waits up to LockTimeout if one is held.
func (l *Life) lockLanes(ctx context.Context, h *held, lanes []string) (err error) {
	l.Tell(Lock)
	h.Locks, err = l.State.Lock(ctx, lanes, 0)
	if _, held := errors.AsType[*runs.HeldError](err); held && l.LockTimeout > 0 {
		l.Tell(Waiting{err})
		h.Locks, err = l.State.Lock(ctx, lanes, l.LockTimeout)
		l.Tell(Waited{})
	}
	switch _, held := errors.AsType[*runs.HeldError](err); {
	case err == nil:
		l.alone = time.Now()
		l.Tell(Find)
	case ctx.Err() != nil && !held:
		err = &StoppedError{context.Cause(ctx)}
	}
	return err
}

// unfinishedOn lists the unfinished runs that have one of the lanes. One that
// cannot be read may have any of them.
func unfinishedOn(state *runs.Folder, lanes []string) ([]runs.Info, error) {
	all, err := state.Unfinished()
	if err != nil {
		return nil, err
	}
	var left []runs.Info
	for _, info := range slices.Backward(all) {
		if info.Problem != nil {
			return nil, info.Problem
		}
		if err := checkRun(state, &info); err != nil { // its lanes may be others
			return nil, err
		}
		if overlap(info.Head.Lanes, lanes) {
			left = append(left, info)
		}
	}
	return left, nil
}

// checkRun is checkFiles for a run in a list.
func checkRun(state *runs.Folder, info *runs.Info) error {
	folder, err := state.OpenRun(info.ID)
	if _, gone := errors.AsType[*runs.NotFoundError](err); gone {
		return nil // it has ended meanwhile, and was removed
	}
	if err != nil {
		return err
	}
	return errors.Join(checkFiles(folder, &info.Head), folder.Close())
}

// overlap reports whether two runs have a lane in common.
func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(lane string) bool { return slices.Contains(b, lane) })
}

// dropUnsealed ends the runs that have no plan, and returns the others. The
// caller holds their lanes. A plan is sealed before the first call, so a run
// without one has sent nothing.
func (l *Life) dropUnsealed(left []runs.Info) ([]runs.Info, error) {
	var sealed []runs.Info
	for _, info := range left {
		folder, err := l.State.OpenRun(info.ID)
		if err != nil {
			return nil, err
		}
		has, err := isSealed(folder)
		if err == nil {
			err = checkFiles(folder, &info.Head)
		}
		switch {
		case err != nil:
		case has:
			sealed = append(sealed, info)
		default:
			l.Tell(Dropped{info.ID})
			if err = l.unuse(folder, info.Head.Plan); err == nil { // before it is finished, which is not looked at again
				err = folder.Finish(runs.Summary{Ended: time.Now().UTC(), Code: 1, Why: "ended before its plan was sealed"})
			}
		}
		if err = errors.Join(err, folder.Close()); err != nil {
			return nil, err
		}
	}
	return sealed, nil
}
