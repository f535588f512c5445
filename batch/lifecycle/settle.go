package lifecycle

import (
	"context"
	"slices"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// settleRecent waits for the calls of runs on these lanes that ended a moment
// ago: a call that had no answer and was sent again may still take effect, and
// must not do so after what is sent next.
func (l *Life) settleRecent(ctx context.Context, lanes []string) error {
	l.Tell(Settle)
	all, err := l.State.Runs()
	if err != nil {
		return err
	}
	for _, info := range all {
		if info.End == nil || l.settled(info.End) || !overlap(info.Head.Lanes, lanes) {
			continue
		}
		replay, err := l.replay(info.ID)
		if err != nil {
			return err
		}
		if err := l.await(ctx, info.ID, replay.LastLate().Add(l.Settle)); err != nil {
			return err
		}
	}
	return nil
}

// settled reports whether a run ended so long ago that none of its calls can take
// effect any more.
func (l *Life) settled(end *runs.Summary) bool {
	ended := l.now().Latest(history.Instant{At: end.Ended, Boot: end.Boot, Up: end.Up}, l.alone)
	return time.Since(ended) > l.Settle
}

// settleLeft waits until no call of the unfinished runs can take effect any
// more, and plans again if one still could when the images were listed.
func (l *Life) settleLeft(ctx context.Context, d *Draft, left []runs.Info) error {
	late := false
	for _, info := range left {
		replay, err := l.replay(info.ID)
		if err != nil {
			return err
		}
		settled := replay.SettledAt(l.Settle)
		late = late || settled.After(d.seen)
		if err := l.await(ctx, info.ID, settled); err != nil {
			return err
		}
	}
	if !late {
		return nil
	}
	d.Plan, d.Inventories = nil, nil
	return l.List(ctx, d)
}

// settledAt returns when no call of the earlier processes of a run can take
// effect any more, so that a listing after it tells what became of them.
func (l *Life) settledAt(folder *runs.Run, replay *history.Replay) time.Time {
	if _, ended, err := folder.Finished(); err == nil && ended {
		return replay.LastLate().Add(l.Settle) // what it did was read back then
	}
	return replay.SettledAt(l.Settle)
}

// await waits until a time from which on no call of a run can take effect.
func (l *Life) await(ctx context.Context, run string, settled time.Time) error {
	left := min(time.Until(settled), l.Settle)
	if left <= 0 {
		return nil
	}
	if left > time.Second {
		l.Tell(Settling{run, left})
		defer l.Tell(Waited{})
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &StoppedError{context.Cause(ctx)}
	}
}

// sameJob returns the unfinished run that is of a plan's job, "" if none is.
func (l *Life) sameJob(left []runs.Info, p *plan.Plan) (id string, err error) {
	l.Tell(Match)
	for _, info := range left {
		if p.IsJob(info.Head.Job) {
			return info.ID, nil
		}
	}
	byName := func(r plan.Row) bool { return r.Request.ImageID == "" }
	if !slices.ContainsFunc(p.Rows, byName) {
		return "", nil
	}
	for _, info := range left {
		if same, err := l.continues(info, p); err != nil || same {
			return info.ID, err
		}
	}
	return "", nil
}

// continues reports whether a plan is what is left of an unfinished run's job.
func (l *Life) continues(info runs.Info, p *plan.Plan) (bool, error) {
	if info.Head.Rows != len(p.Rows) {
		return false, nil
	}
	folder, err := l.State.OpenRun(info.ID)
	if err != nil {
		return false, err
	}
	defer folder.Close()
	sealed, err := readPlan(folder)
	if err != nil {
		return false, err
	}
	return p.Continues(sealed.Plan), nil
}
