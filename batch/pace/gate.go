// Package pace keeps the calls of one lane and one operation below the quota
// that the account shares with everybody else who uses it.
//
// All workers of a lane pass one [Gate]. Below the ceiling it spaces calls
// evenly, with golang.org/x/time/rate. The first refusal shuts it for
// everybody: ECS counts by account, region and operation, so what one worker
// was refused, the others would be refused too, and a back-off for each row
// alone would only multiply the refusals. While it is shut one probe at a time
// goes out, after the server's hint, else after growing pauses; the first that
// is accepted opens it.
//
// The package knows calls only as accepted or refused. It repeats nothing: a
// refused call is its caller's to send again.
package pace

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// ErrThrottledOut tells that the server refused everything for [Patience].
var ErrThrottledOut = errors.New("throttled: no call was accepted for 15 minutes")

const (
	// Patience is how long a gate goes on probing without one accepted call.
	Patience = 15 * time.Minute

	firstPause = 500 * time.Millisecond
	maxPause   = 15 * time.Second

	// coarseTimer is the resolution that evenly spaced calls may rely on:
	// above 200 calls a second they go in bursts of this length.
	coarseTimer = 5 * time.Millisecond
)

// A Gate admits calls. It is safe for concurrent use.
type Gate struct {
	limiter *rate.Limiter
	// turn is held by the one caller that waits at the head of the queue; the
	// others wait for the turn, so that a shut gate holds them all.
	turn chan struct{}

	mu       sync.Mutex
	epoch    int       // counts openings: refusals of older calls are one event
	shut     bool      // refused, and nothing accepted since
	since    time.Time // when it was shut
	until    time.Time // no probe before
	probing  bool      // a probe is under way
	refusals int       // in a row, since it was shut
	changed  chan struct{}
}

// NewGate returns a gate that admits at most perSecond calls a second.
func NewGate(perSecond float64) *Gate {
	burst := max(1, int(perSecond*coarseTimer.Seconds()))
	return &Gate{
		limiter: rate.NewLimiter(rate.Limit(perSecond), burst),
		turn:    make(chan struct{}, 1),
		changed: make(chan struct{}),
	}
}

// A Ticket is one admitted call. Leave must be called with it exactly once.
type Ticket struct {
	epoch int
	probe bool
}

// Enter waits until a call may be sent. It fails with ctx's cause, or with
// [ErrThrottledOut].
func (g *Gate) Enter(ctx context.Context) (Ticket, error) {
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return Ticket{}, context.Cause(ctx)
	}
	defer func() { <-g.turn }()
	for ctx.Err() == nil {
		ticket, pause, changed, err := g.admit(time.Now())
		if err != nil {
			return Ticket{}, err
		}
		if changed == nil {
			if err := g.limiter.Wait(ctx); err != nil {
				g.Leave(ticket, Reply{Answer: Unused})
				return Ticket{}, waitError(ctx, err)
			}
			if g.holds(ticket) {
				return ticket, nil
			}
			continue
		}
		if err := sleep(ctx, pause, changed); err != nil {
			return Ticket{}, err
		}
	}
	return Ticket{}, context.Cause(ctx)
}

// admit decides on the caller at the head of the queue: in with a ticket, or
// wait for the pause to pass or the state to change.
func (g *Gate) admit(now time.Time) (Ticket, time.Duration, <-chan struct{}, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case !g.shut:
		return Ticket{epoch: g.epoch}, 0, nil, nil
	case now.Sub(g.since) >= Patience:
		return Ticket{}, 0, nil, ErrThrottledOut
	case g.probing:
		return Ticket{}, Patience, g.changed, nil
	case now.Before(g.until):
		return Ticket{}, g.until.Sub(now), g.changed, nil
	default:
		g.probing = true
		return Ticket{epoch: g.epoch, probe: true}, 0, nil, nil
	}
}

// holds tells whether a ticket is still good after the wait for its token: the
// gate may have been shut meanwhile.
func (g *Gate) holds(t Ticket) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return t.probe || !g.shut
}

// An Answer is what a server's reply says about its quota.
type Answer uint8

const (
	// Unanswered: nothing came back, or not from the API; it says nothing.
	Unanswered Answer = iota
	// Accepted: the call was within the quota, however else it ended.
	Accepted
	// Refused: the call was over the quota.
	Refused
	// Unused: the call was not sent after all.
	Unused
)

// A Reply is what came back from an admitted call, as far as it says something
// of the quota.
type Reply struct {
	Answer Answer
	// Hint is how long the server asked to stay away; 0 if it did not say.
	Hint time.Duration
	// Clock is the server's time when it answered, which it tells to the
	// second; zero if it did not say.
	Clock time.Time
}

// Leave reports what became of an admitted call.
func (g *Gate) Leave(t Ticket, r Reply) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if t.probe {
		g.probing = false
	}
	switch {
	case r.Answer == Refused && t.epoch < g.epoch:
		return // sent before the gate last opened: that event is over
	case r.Answer == Refused && g.shut && !t.probe:
		g.until = later(g.until, now.Add(r.Hint)) // part of the event that shut it
		return
	case r.Answer == Refused && !g.shut:
		g.shut, g.since, g.refusals = true, now, 0
		g.postpone(now, r.Hint)
	case r.Answer == Refused:
		g.postpone(now, r.Hint)
	case !t.probe:
		return
	case r.Answer == Accepted:
		g.shut = false
		g.epoch++
	case r.Answer == Unanswered:
		// It tells nothing of the quota: another probe, after the same pause.
		g.until = now.Add(pause(max(g.refusals-1, 0), r.Hint))
	case r.Answer == Unused: // the next may probe at once
	}
	close(g.changed)
	g.changed = make(chan struct{})
}

// postpone puts the next probe off, longer with every refusal.
func (g *Gate) postpone(now time.Time, hint time.Duration) {
	g.until = now.Add(pause(g.refusals, hint))
	g.refusals++
}

// pause is how long to stay away after the n-th refusal in a row: what the
// server asks, else twice as long each time, with a little jitter so that
// several clients of an account do not probe in step.
func pause(n int, hint time.Duration) time.Duration {
	wait := min(firstPause<<min(n, 10), maxPause)
	if hint > 0 {
		wait = hint
	}
	return wait + rand.N(wait/10+1)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func sleep(ctx context.Context, d time.Duration, changed <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// waitError gives a cancelled wait ctx's cause; the limiter's own errors are
// only those of a burst of 0, which a Gate never has, and of a deadline that
// comes before the token does.
func waitError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if _, ok := ctx.Deadline(); ok {
		return context.DeadlineExceeded
	}
	return err
}
