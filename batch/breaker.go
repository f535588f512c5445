package batch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/pace"
)

// tripAfter is how many calls of a lane have to fail on their way, one after
// the other, to trip its breaker.
const tripAfter = 5

// Before the n-th probe of a tripped breaker there is a pause of
// firstProbe·2ⁿ⁻¹, at most maxProbe, give or take a tenth.
const (
	firstProbe = time.Second
	maxProbe   = 15 * time.Second
)

// An OutageError says that a lane stopped because the API did not answer for as
// long as [Retry.MaxOutage].
type OutageError struct {
	Length time.Duration // from the first failure to the last
	Err    error         // the last
}

func (e *OutageError) Error() string {
	return fmt.Sprintf("no reply for %s (--max-outage): %v", e.Length.Round(time.Second), e.Err)
}

// stoppedLane reports whether an error is why all calls of a lane have ended.
func stoppedLane(err error) bool {
	_, outage := errors.AsType[*OutageError](err)
	return outage || errors.Is(err, pace.ErrThrottledOut)
}

// A breaker is the circuit breaker of a lane. Some transport failures in a row,
// of reads and writes, trip it: nothing is sent then but a probe from time to
// time, a read by one of those who wait. Any answer of the API resets it. In
// the usual terms it is open while tripped, and half-open during a probe.
//
// A breaker is safe for concurrent use. The nil breaker never trips.
type breaker struct {
	limit time.Duration               // of an outage
	probe func(context.Context) error // sends one read
	watch *watch                      // is told of outages

	mu           sync.Mutex
	spell        *spell // the current one, or the last one while tripped
	tripped      bool
	since        time.Time // of the first failure of the outage
	last         error     // the last failure
	failedProbes int       // since the breaker tripped
	next         time.Time // no probe before
	probing      bool      // one is under way
	stopped      *OutageError
	changed      chan struct{} // closed when those who wait have to look again
}

// A spell is the time from one reset to the next. A call belongs to the spell
// in which it is sent: if it fails after the breaker tripped, it is part of
// that outage, even if the breaker has been reset since.
type spell struct {
	streak *streak
	ctx    context.Context // ends when the breaker trips
	trip   context.CancelCauseFunc
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
	s.ctx, s.trip = context.WithCancelCause(context.Background())
	return s
}

// allow reports, just before a call is sent, whether it may be: not while the
// breaker is tripped. The call's result goes to done, with the spell.
func (b *breaker) allow() (_ *spell, ok bool) {
	if b == nil {
		return nil, true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.spell, !b.tripped
}

// done learns from the result of a call. It returns the streak that the call is
// part of, nil unless it failed on its way.
func (b *breaker) done(s *spell, err error) *streak {
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
	case b.tripped:
		b.reset()
	case b.spell.streak.failures > 0:
		b.spell.streak = new(streak)
	}
	return nil
}

// failed counts a transport failure of the current spell. Failures of calls
// from earlier ones are no news.
func (b *breaker) failed(s *spell, err error) {
	if s != b.spell {
		return
	}
	b.last = err
	if b.tripped {
		return
	}
	now := time.Now()
	if s.streak.failures++; s.streak.failures == 1 {
		s.streak.since = now
	}
	if s.streak.failures >= tripAfter {
		b.tripped, b.since, b.failedProbes = true, s.streak.since, 0
		b.postpone(now)
		s.trip(errTripped)
	}
}

// reset lets all calls pass again, unless the lane has stopped for good.
func (b *breaker) reset() {
	if b.stopped != nil {
		return
	}
	b.tripped, b.spell = false, newSpell()
	if b.failedProbes > 0 {
		b.watch.tell(Reachable, b.since, nil)
	}
	b.wake()
}

func (b *breaker) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// postpone sets the time of the next probe. The last one is due when the outage
// reaches its limit.
func (b *breaker) postpone(now time.Time) {
	pause := min(firstProbe<<min(b.failedProbes, 10), maxProbe)
	b.next = now.Add(pause - pause/10 + rand.N(pause/5))
	if end := b.since.Add(b.limit); b.next.After(end) {
		b.next = end
	}
}

// untilTripped returns a context that ends with ctx or when the breaker trips,
// then with errTripped as its cause.
func (b *breaker) untilTripped(ctx context.Context) (context.Context, context.CancelFunc) {
	if b == nil {
		return ctx, func() {}
	}
	b.mu.Lock()
	spell := b.spell
	b.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(spell.ctx, func() { cancel(errTripped) })
	return ctx, func() { stop(); cancel(nil) }
}

var errTripped = errors.New("the lane is out of reach")

// tries counts the calls of a step, or of a read, that [Retry.Attempts] bounds.
// Calls that failed in an outage do not count, which may become known only when
// later ones have failed too.
type tries struct {
	certain int
	failed  []*streak // of each call that failed on its way
}

// add counts a call; s is what [breaker.done] returned for it.
func (t *tries) add(s *streak) {
	if s == nil {
		t.certain++
	} else {
		t.failed = append(t.failed, s)
	}
}

// spent returns how many calls count, as far as is known now.
func (t *tries) spent() int {
	t.failed = slices.DeleteFunc(t.failed, func(s *streak) bool { return s.outage.Load() })
	return t.certain + len(t.failed)
}
