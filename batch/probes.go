package batch

import (
	"context"
	"errors"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/pace"
)

// wait returns nil as soon as the breaker is not tripped, or why there is
// nothing to wait for: ctx's cause, an [*OutageError], or that the probes are
// throttled out. Each of those who wait may have to send a probe, so none of
// them may hold a ticket of a gate.
func (b *breaker) wait(ctx context.Context) error {
	for b != nil {
		probe, next, changed, err := b.turn(time.Now())
		switch {
		case err != nil || changed == nil:
			return err
		case probe:
			err = b.sendProbe(ctx)
		default:
			err = waitUntil(ctx, next, changed)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// turn says what somebody who waits has to do: nothing if changed is nil, else
// to send a probe, or to wait for the next one or for a change.
func (b *breaker) turn(now time.Time) (probe bool, next time.Time, changed <-chan struct{}, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.stopped != nil:
		return false, next, nil, b.stopped
	case !b.tripped:
		return false, next, nil, nil
	case b.probing:
		return false, next, b.changed, nil
	case now.Before(b.next):
		return false, b.next, b.changed, nil
	}
	b.probing = true
	return true, next, b.changed, nil
}

// sendProbe sends a probe and acts on its result. A probe that its sender broke
// off has none; it is somebody else's turn.
func (b *breaker) sendProbe(ctx context.Context) error {
	err := b.probe(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	switch {
	case !b.tripped: // reset by an answer to another call
	case ecs.Answered(err):
		b.reset()
		return nil
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.Is(err, pace.ErrThrottledOut):
	default:
		b.probeFailed(time.Now(), err)
		err = nil
	}
	b.wake()
	return err
}

// probeFailed notes a probe without an answer. The first one shows that there
// is an outage: until then a few rows may be to blame.
func (b *breaker) probeFailed(now time.Time, err error) {
	b.last = err
	if b.failedProbes++; b.failedProbes == 1 {
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
