package lifecycle

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"imgrename/batch/runs"
)

// held are locked lanes, and the unfinished runs that touch any of them, the
// oldest first.
type held struct {
	*runs.Locks
	left []runs.Info
}

// release lets go of the lanes. The kernel does it if this fails.
func (h *held) release() {
	if h.Locks != nil {
		_ = h.Release()
	}
}

// lock locks lanes, and with them all lanes of the unfinished runs that touch
// any of them, which have to be settled first. The caller releases them, even
// after an error.
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

// lockLanes locks lanes, with the patience of LockTimeout.
func (l *Life) lockLanes(ctx context.Context, h *held, lanes []string) (err error) {
	l.enter(Lock)
	h.Locks, err = l.State.Lock(ctx, lanes, 0)
	if _, held := errors.AsType[*runs.HeldError](err); held && l.LockTimeout > 0 {
		l.Tell(Waiting{err})
		h.Locks, err = l.State.Lock(ctx, lanes, l.LockTimeout)
	}
	if err == nil {
		l.enter(Find)
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
		if overlap(info.Head.Lanes, lanes) {
			left = append(left, info)
		}
	}
	return left, nil
}

// overlap reports whether two runs have a lane in common.
func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(lane string) bool { return slices.Contains(b, lane) })
}

// dropUnsealed ends those of the runs of which no plan was kept, and returns the
// others. Their lanes have to be locked. A plan is sealed before the first call,
// so nothing was ever sent for them.
func (l *Life) dropUnsealed(left []runs.Info) ([]runs.Info, error) {
	var sealed []runs.Info
	for _, info := range left {
		folder, err := l.State.OpenRun(info.ID)
		if err != nil {
			return nil, err
		}
		file, err := folder.Open(planFile)
		switch {
		case err == nil:
			sealed = append(sealed, info)
			err = file.Close()
		case errors.Is(err, fs.ErrNotExist):
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

// unuse lets a saved plan, by its checksum, be used again if the run that it was
// used for was not sealed. The run's lanes have to be locked.
func (l *Life) unuse(folder *runs.Run, used string) error {
	if used == "" {
		return nil
	}
	file, err := folder.Open(planFile)
	if err == nil {
		return file.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil // it may be there: the plan stays used
	}
	return l.State.ForgetPlan(used, folder.ID())
}
