package pace

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// ErrThrottledOut reports that the server accepted no call for [Patience].
var ErrThrottledOut = errors.New("throttled: no call was accepted for 15 minutes")

// Patience is how long a gate keeps probing while the server accepts nothing.
const Patience = 15 * time.Minute

// coarseTimer is the finest spacing that timers are relied on for: above 200
// calls a second, calls go in bursts of this length.
const coarseTimer = 5 * time.Millisecond

// A Gate admits calls. It is safe for concurrent use.
type Gate struct {
	// turn is held by the caller at the head of the queue, which waits for the
	// limiter or for the gate to open; the others wait for the turn.
	turn  chan struct{}
	wake  chan struct{} // has the head of the queue try again
	timer *time.Timer   // of the head

	mu      sync.Mutex
	law     law
	limiter *rate.Limiter
	limit   float64 // the limiter's, calls a second
	first   int     // calls that still go at once, whatever the limiter says
	queued  int     // callers in the queue, including its head
	chance  func() float64
	watch   func(State, time.Time)
	shutFor time.Duration // before it was last opened
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

// NewEagerGate returns such a gate whose first calls, so many of them, may go at
// once. A refusal ends that.
func NewEagerGate(perSecond float64, first int) *Gate {
	g := NewGate(perSecond)
	g.first = first
	return g
}

func burst(perSecond float64) int { return max(1, int(perSecond*coarseTimer.Seconds())) }

// A Ticket is one admitted call. Leave must be called exactly once for it.
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

// queue waits for the caller's turn, and then until the call may be sent.
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

// admit admits a call now, or says how long to wait before asking again. A wait
// reserves nothing, so a change of the rate reaches callers that wait already.
func (g *Gate) admit(now time.Time, queued bool) (t Ticket, wait time.Duration, err error) {
	t, wait, err = g.law.enter(now)
	if err != nil || wait > 0 {
		return t, wait, err
	}
	if limit := g.law.rate(now); limit != g.limit {
		g.limit = limit
		g.limiter.SetLimitAt(now, rate.Limit(limit))
		g.limiter.SetBurstAt(now, burst(limit))
	}
	if !g.limiter.AllowN(now, 1) && g.first == 0 {
		short := 1 - g.limiter.TokensAt(now)
		return Ticket{}, max(time.Duration(short/g.limit*float64(time.Second)), 1), nil // 0 would be now
	}
	g.first = max(0, g.first-1)
	g.law.admit(t, queued)
	return t, 0, nil
}

// sleep waits at the head of the queue, for a time or until it is woken.
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

// A State says whether calls pass a gate.
type State uint8

const (
	// Open: they do, at the gate's rate.
	Open State = iota
	// Shut: the server refuses them; one probe at a time goes out.
	Shut
	// Spent: no call passes any more, everybody gets [ErrThrottledOut].
	Spent
)

// Rate returns how many calls a second the gate admits at present while it is
// open.
func (g *Gate) Rate() float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.law.rate(time.Now())
}

// ShutFor returns how long the gate has been shut, all in all.
func (g *Gate) ShutFor() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.law.state() == Open {
		return g.shutFor
	}
	return g.shutFor + time.Since(g.law.since)
}

// Watch has the gate call tell with every change of its state from now on, in
// order, and at once with its present state unless that is Open. The time is
// when the gate was shut. A gate has one watcher: a call replaces the one
// before, and nil removes it. tell is called with the gate locked: it must not
// block or use the gate.
func (g *Gate) Watch(tell func(State, time.Time)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watch = tell
	if state := g.law.state(); state != Open && tell != nil {
		tell(state, g.law.since)
	}
}

// An Answer is what a server's reply says about the quota.
type Answer uint8

const (
	// Unanswered: no reply, or not one of the API. It says nothing.
	Unanswered Answer = iota
	// Accepted: the call was within the quota, however else it ended.
	Accepted
	// Refused: the call was over the quota.
	Refused
	// Unused: the call was not sent.
	Unused
)

// A Reply is what a server's reply to an admitted call says about the quota.
type Reply struct {
	Answer Answer
	// Hint is how long the server asked to wait; 0 if it did not say.
	Hint time.Duration
	// Clock is the server's time when it answered, in whole seconds; zero if it
	// did not say.
	Clock time.Time
}

// Holds reports whether an admitted call may still be sent: not if the gate has
// been shut since, unless the call is its probe.
func (g *Gate) Holds(t Ticket) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.law.holds(t)
}

// Leave tells the gate what became of an admitted call.
func (g *Gate) Leave(t Ticket, r Reply) {
	g.mu.Lock()
	now, before := time.Now(), g.law.state()
	since := g.law.since
	changed := g.law.leave(now, g.chance(), t, r)
	if before != Open && g.law.state() == Open {
		g.shutFor += now.Sub(since)
	}
	if g.law.shut {
		g.first = 0
	}
	if state := g.law.state(); state != before && g.watch != nil {
		g.watch(state, g.law.since)
	}
	if changed && !g.law.shut {
		// No token is left: the next call keeps its distance from the probe.
		g.limiter.AllowN(now, int(g.limiter.TokensAt(now)))
	}
	g.mu.Unlock()
	if changed {
		select {
		case g.wake <- struct{}{}:
		default: // the head has not seen the last one yet
		}
	}
}
