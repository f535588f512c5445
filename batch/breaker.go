package batch

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"imgrename/batch/ecs"
)

// tripAfter is how many calls in a row have to fail on their way, over all
// workers of a lane, until the lane is shut.
const tripAfter = 5

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

func (b *breaker) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
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

// errShut is the cause of contexts that end when their lane is shut.
var errShut = errors.New("the lane is out of reach")

// Before the n-th probe of a shut lane there is a pause of firstProbe·2ⁿ⁻¹, at
// most maxProbe, give or take a tenth.
const (
	firstProbe = time.Second
	maxProbe   = 15 * time.Second
)

// postpone sets the time of the next probe. The last one is due when the outage
// may last no longer.
func (b *breaker) postpone(now time.Time) {
	pause := min(firstProbe<<min(b.vain, 10), maxProbe)
	b.next = now.Add(pause - pause/10 + rand.N(pause/5))
	if end := b.since.Add(b.limit); b.next.After(end) {
		b.next = end
	}
}
