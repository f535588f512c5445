package batch

import (
	"context"
	"errors"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/pace"
)

// wait returns when the lane is not shut, or why there is nothing to wait for:
// ctx's cause, an [*OutageError], or that the probes are throttled out. Whoever
// waits may have to probe. No ticket of a gate may be held meanwhile.
func (b *breaker) wait(ctx context.Context) error {
	for b != nil {
		probe, next, changed, err := b.look(time.Now())
		switch {
		case err != nil || changed == nil:
			return err
		case probe:
			err = b.try(ctx)
		default:
			err = waitUntil(ctx, next, changed)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// look tells what there is to do for somebody who waits: nothing if changed is
// nil, else to send a probe, or to wait for the next one or for a change.
func (b *breaker) look(now time.Time) (probe bool, next time.Time, changed <-chan struct{}, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.stopped != nil:
		return false, next, nil, b.stopped
	case !b.shut:
		return false, next, nil, nil
	case b.probing:
		return false, next, b.changed, nil
	case now.Before(b.next):
		return false, b.next, b.changed, nil
	}
	b.probing = true
	return true, next, b.changed, nil
}

// try sends a probe and draws the conclusions. A probe that its sender broke off
// has none; it is somebody else's turn.
func (b *breaker) try(ctx context.Context) error {
	err := b.probe(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	switch {
	case !b.shut: // by an answer to another call
	case ecs.Answered(err):
		b.open()
		return nil
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.Is(err, pace.ErrThrottledOut):
	default:
		b.inVain(time.Now(), err)
		err = nil
	}
	b.wake()
	return err
}

// inVain notes a probe without an answer. The first one tells that there is an
// outage: until then a few rows may be to blame.
func (b *breaker) inVain(now time.Time, err error) {
	b.last = err
	if b.vain++; b.vain == 1 {
		b.watch.tell(Unreachable, b.since, err)
	}
	b.spell.streak.outage.Store(true)
	if length := now.Sub(b.since); length >= b.limit {
		b.stopped = &OutageError{length, b.last}
		b.watch.tell(GivenUp, b.since, b.stopped)
	}
	b.postpone(now)
}

// waitUntil waits until a time, if it is not zero, or for a change.
func waitUntil(ctx context.Context, at time.Time, changed <-chan struct{}) error {
	var due <-chan time.Time
	if !at.IsZero() {
		timer := time.NewTimer(time.Until(at))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
	case <-changed:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}
