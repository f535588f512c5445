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

// Patience is how long a gate goes on probing without one accepted call.
const Patience = 15 * time.Minute

// coarseTimer is the resolution that evenly spaced calls may rely on: above 200
// calls a second they go in bursts of this length.
const coarseTimer = 5 * time.Millisecond

// A Gate admits calls. It is safe for concurrent use.
type Gate struct {
	// turn is held by the one caller at the head of the queue, who waits for
	// the limiter or for the gate to open; the others wait for the turn.
	turn  chan struct{}
	wake  chan struct{} // makes the head look again
	timer *time.Timer   // of the head

	mu      sync.Mutex
	law     law
	limiter *rate.Limiter
	limit   float64 // the limiter's, calls a second
	queued  int     // callers in the queue, its head too
	chance  func() float64
	watch   func(State, time.Time)
}

// NewGate returns a gate that admits at most perSecond calls a second.
func NewGate(perSecond float64) *Gate {
	return &Gate{
		turn:    make(chan struct{}, 1),
		wake:    make(chan struct{}, 1),
		law:     law{ceiling: perSecond},
		limiter: rate.NewLimiter(rate.Limit(perSecond), burst(perSecond)),
		limit:   perSecond,
		chance:  rand.Float64,
	}
}

func burst(perSecond float64) int { return max(1, int(perSecond*coarseTimer.Seconds())) }

// A Ticket is one admitted call. Leave must be called with it exactly once.
type Ticket struct {
	epoch int
	probe bool
	at    time.Time
}

// Enter waits until a call may be sent. It fails with ctx's cause, or with
// [ErrThrottledOut].
func (g *Gate) Enter(ctx context.Context) (Ticket, error) {
	if ctx.Err() != nil {
		return Ticket{}, context.Cause(ctx)
	}
	g.mu.Lock()
	if g.queued == 0 {
		if t, wait, err := g.admit(time.Now(), false); wait == 0 {
			g.mu.Unlock()
			return t, err
		}
	}
	g.queued++
	g.mu.Unlock()
	return g.queue(ctx)
}

// queue waits for the caller's turn, and then for the call's time.
func (g *Gate) queue(ctx context.Context) (Ticket, error) {
	defer g.unqueue()
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return Ticket{}, context.Cause(ctx)
	}
	defer func() { <-g.turn }()
	for ctx.Err() == nil {
		g.mu.Lock()
		t, wait, err := g.admit(time.Now(), true)
		g.mu.Unlock()
		if wait == 0 {
			return t, err
		}
		g.sleep(ctx, wait)
	}
	return Ticket{}, context.Cause(ctx)
}

func (g *Gate) unqueue() {
	g.mu.Lock()
	g.queued--
	g.mu.Unlock()
}

// admit lets a call go now, or says how long to wait for that if nothing
// changes. The wait is no reservation: a change of the rate reaches who waits.
func (g *Gate) admit(now time.Time, held bool) (t Ticket, wait time.Duration, err error) {
	t, wait, err = g.law.enter(now)
	if err != nil || wait > 0 {
		return t, wait, err
	}
	if limit := g.law.rate(now); limit != g.limit {
		g.limit = limit
		g.limiter.SetLimitAt(now, rate.Limit(limit))
		g.limiter.SetBurstAt(now, burst(limit))
	}
	if !g.limiter.AllowN(now, 1) {
		short := 1 - g.limiter.TokensAt(now)
		return Ticket{}, max(time.Duration(short/g.limit*float64(time.Second)), 1), nil // 0 would be now
	}
	g.law.admit(t, held)
	return t, 0, nil
}

// sleep lets time pass at the head of the queue, until something happens.
func (g *Gate) sleep(ctx context.Context, d time.Duration) {
	if g.timer == nil {
		g.timer = time.NewTimer(d)
	} else {
		g.timer.Reset(d)
	}
	defer g.timer.Stop()
	select {
	case <-g.timer.C:
	case <-g.wake:
	case <-ctx.Done():
	}
}

// A State is whether calls pass a gate.
type State uint8

const (
	// Open: they do, at the gate's pace.
	Open State = iota
	// Shut: the server refuses them; one probe at a time goes out.
	Shut
	// Spent: none does any more, everybody gets [ErrThrottledOut].
	Spent
)

// Watch has tell told of each change of the gate's state from now on, in order,
// and at once of the state it is in unless it is open. The time is when the gate
// was shut. A gate tells one watcher, the last; nil ends it. tell is called with
// the gate locked: it must not block, nor use the gate.
func (g *Gate) Watch(tell func(State, time.Time)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watch = tell
	if state := g.law.state(); state != Open && tell != nil {
		tell(state, g.law.since)
	}
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

// Holds tells whether an admitted call that is not sent yet may still go: not
// once the gate was shut, unless as the probe.
func (g *Gate) Holds(t Ticket) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.law.holds(t)
}

// Leave reports what became of an admitted call.
func (g *Gate) Leave(t Ticket, r Reply) {
	g.mu.Lock()
	now, before := time.Now(), g.law.state()
	changed := g.law.leave(now, g.chance(), t, r)
	if state := g.law.state(); state != before && g.watch != nil {
		g.watch(state, g.law.since)
	}
	if changed && !g.law.shut {
		// The probe was the first of calls that are evenly spaced.
		g.limiter.AllowN(now, int(g.limiter.TokensAt(now)))
	}
	g.mu.Unlock()
	if changed {
		select {
		case g.wake <- struct{}{}:
		default: // the head has not yet seen the last one
		}
	}
}
