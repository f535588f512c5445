package batch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/pace"
)

const (
	// tripAfter is how many calls in a row have to fail on their way, over all
	// workers of a lane, until the lane is shut.
	tripAfter = 5

	// Before the n-th probe of a shut lane there is a pause of firstProbe·2ⁿ⁻¹,
	// at most maxProbe, give or take a tenth.
	firstProbe = time.Second
	maxProbe   = 15 * time.Second
)

// An OutageError tells that a lane stopped because the API did not answer for
// as long as [Retry.MaxOutage].
type OutageError struct {
	Length time.Duration // from the first failure to the last
	Err    error         // the last
}

func (e *OutageError) Error() string {
	return fmt.Sprintf("an outage of %s, as long as --max-outage allows: %v", e.Length.Round(time.Second), e.Err)
}

// stoppedLane tells whether an error is why all calls of a lane have ended.
func stoppedLane(err error) bool {
	_, outage := errors.AsType[*OutageError](err)
	return outage || errors.Is(err, pace.ErrThrottledOut)
}

// errShut is the cause of contexts that end when their lane is shut.
var errShut = errors.New("the lane is out of reach")

// A breaker is the circuit breaker of a lane. After some transport failures in
// a row, of reads and writes, it shuts the lane: nobody sends any more but one
// of those who wait, whose reads find out when the API answers again. Any
// answer of the API opens the lane for everybody.
//
// A breaker is safe for concurrent use. The nil breaker never shuts its lane.
type breaker struct {
	limit time.Duration               // of an outage
	probe func(context.Context) error // sends one read
	watch *watch                      // is told of outages

	mu      sync.Mutex
	spell   *spell // the current one, or the last one while the lane is shut
	shut    bool
	since   time.Time // of the first failure of the outage
	last    error     // the last failure
	vain    int       // probes without an answer since the lane was shut
	next    time.Time // no probe before
	probing bool      // one is under way
	stopped *OutageError
	changed chan struct{} // closed when those who wait have to look again
}

// A spell is the time from one opening of a lane to the next. A call belongs to
// the spell in which it is sent: if it fails after the lane was shut, it is part
// of that outage, though the lane may be open again.
type spell struct {
	streak *streak
	up     context.Context // ends when the lane is shut
	end    context.CancelCauseFunc
}

// A streak is transport failures one after the other.
type streak struct {
	failures int
	since    time.Time
	outage   atomic.Bool // a probe failed as well: nothing but an outage is to blame
}

func newBreaker(limit time.Duration, probe func(context.Context) error) *breaker {
	return &breaker{limit: limit, probe: probe, spell: newSpell(), changed: make(chan struct{})}
}

func newSpell() *spell {
	s := &spell{streak: new(streak)}
	s.up, s.end = context.WithCancelCause(context.Background())
	return s
}

// guarded is the lane with a circuit breaker, if outages are to be waited for.
func (l Lane) guarded(w *watch) Lane {
	if l.Retry.MaxOutage > 0 {
		l.breaker = newBreaker(l.Retry.MaxOutage, l.probe)
		l.breaker.watch = w
	}
	return l
}

// probe makes one read. What it finds does not matter, only that there is an
// answer.
func (l Lane) probe(ctx context.Context) error {
	ticket, err := l.Reads.Enter(ctx)
	if err != nil {
		return err
	}
	_, err = l.API.DescribeImages(ctx, ecs.Query{})
	l.Reads.Leave(ticket, reply(ecs.Classify(err), err))
	return err
}

// begin is to be asked just before a call is sent: not if the lane is shut. The
// call's result goes to note, with the spell.
func (b *breaker) begin() (_ *spell, up bool) {
	if b == nil {
		return nil, true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.spell, !b.shut
}

// note learns from the result of a call. It returns the streak that the call is
// part of, nil unless it failed on its way.
func (b *breaker) note(s *spell, err error) *streak {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case ecs.TransportFailure(err):
		b.failed(s, err)
		return s.streak
	case !ecs.Answered(err):
	case b.shut:
		b.open()
	case b.spell.streak.failures > 0:
		b.spell.streak = new(streak)
	}
	return nil
}

// failed counts a transport failure of the current spell; those of calls sent
// before are no news.
func (b *breaker) failed(s *spell, err error) {
	if s != b.spell {
		return
	}
	b.last = err
	if b.shut {
		return
	}
	now := time.Now()
	if s.streak.failures++; s.streak.failures == 1 {
		s.streak.since = now
	}
	if s.streak.failures >= tripAfter {
		b.shut, b.since, b.vain = true, s.streak.since, 0
		b.postpone(now)
		s.end(errShut)
	}
}

// open lets everybody in, unless the lane has stopped for good.
func (b *breaker) open() {
	if b.stopped != nil {
		return
	}
	b.shut, b.spell = false, newSpell()
	if b.vain > 0 {
		b.watch.tell(Reachable, b.since, nil)
	}
	b.wake()
}

// postpone sets the time of the next probe. The last one is due when the outage
// may last no longer.
func (b *breaker) postpone(now time.Time) {
	pause := min(firstProbe<<min(b.vain, 10), maxProbe)
	b.next = now.Add(pause - pause/10 + rand.N(pause/5))
	if end := b.since.Add(b.limit); b.next.After(end) {
		b.next = end
	}
}

func (b *breaker) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}

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

// whileUp is ctx until the lane is shut: its cause is errShut then.
func (b *breaker) whileUp(ctx context.Context) (context.Context, context.CancelFunc) {
	if b == nil {
		return ctx, func() {}
	}
	b.mu.Lock()
	up := b.spell.up
	b.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(up, func() { cancel(errShut) })
	return ctx, func() { stop(); cancel(nil) }
}
