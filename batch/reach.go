package batch

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// LateAnswer is how much longer lanes are waited for once another has answered.
const LateAnswer = 15 * time.Second

// A Reach is how long the reads before a plan wait for a network that is away.
// The lanes of a job share one. While none of them has been answered, they wait
// up to Max, or not at all if that is 0. Once one has, the others get
// [LateAnswer] more. A Reach is safe for concurrent use; the nil Reach waits for
// nothing.
type Reach struct {
	Max time.Duration
	// Tell is called with what is waited for, once for each reason. It may be nil.
	Tell func(Delay)

	mu       sync.Mutex
	began    time.Time
	answered time.Time     // when a lane first was; zero if none has been
	first    chan struct{} // closed then
	told     map[reason]bool
}

// A reason to wait, of one lane or of many.
type reason struct {
	state LaneState
	late  bool // another lane has been answered
}

// A Delay is what a job waits for before it has a plan.
type Delay struct {
	Lane  plan.Lane // the first that has to wait
	State LaneState // Unreachable or Throttled
	Most  time.Duration
	Err   error // the failure, if the lane is unreachable
}

// begin starts the wait anew: no lane has been answered.
func (r *Reach) begin() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.began, r.answered, r.first, r.told = time.Now(), time.Time{}, make(chan struct{}), make(map[reason]bool)
}

// note notes the result of a call.
func (r *Reach) note(err error) {
	if r == nil || !ecs.Answered(err) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answered.IsZero() {
		r.answered = time.Now()
		if r.first != nil {
			close(r.first)
		}
	}
}

// waits reports whether a call of a lane failed for want of a network that is
// waited for. A host that nobody knows is a typing error.
func (r *Reach) waits(l plan.Lane, err error) bool {
	return r != nil && r.Max > 0 && ecs.TransportFailure(err) && !ecs.NoSuchHost(l.Region, err)
}

// pause waits before the next call of a read that has failed n times since it
// began, and reports whether there may be one. The last one is due when the time
// is over; the first answer to another lane ends the pause.
func (r *Reach) pause(ctx context.Context, l plan.Lane, since time.Time, n int, err error) bool {
	end, first := r.end(since)
	left := time.Until(end)
	if left <= 0 {
		return false
	}
	r.tell(Delay{Lane: l, State: Unreachable, Most: left, Err: err})
	pause := min(firstProbe<<min(n-1, 10), maxProbe)
	pause += rand.N(pause/5) - pause/10
	return waitUntil(ctx, time.Now().Add(min(pause, left)), first) == nil
}

// end is when a read that began at since has waited long enough. The channel is
// closed when that changes; it is nil if it has.
func (r *Reach) end(since time.Time) (time.Time, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.began.IsZero() {
		r.began, r.first = since, make(chan struct{})
	}
	if r.answered.IsZero() {
		return r.began.Add(r.Max), r.first
	}
	if r.answered.After(since) {
		since = r.answered
	}
	return since.Add(min(r.Max, LateAnswer)), nil
}

// tell says what is waited for: of many lanes that wait for the same, the first.
func (r *Reach) tell(d Delay) {
	r.mu.Lock()
	defer r.mu.Unlock()
	why := reason{d.State, !r.answered.IsZero()}
	if r.Tell == nil || r.told[why] {
		return
	}
	if r.told == nil {
		r.told = make(map[reason]bool)
	}
	r.told[why] = true
	r.Tell(d)
}

// turns bounds the calls of several lanes that are under way at once. The nil
// turns does not.
type turns chan struct{}

// take waits for a turn, or returns ctx's cause.
func (t turns) take(ctx context.Context) error {
	if t == nil {
		return nil
	}
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t turns) give() {
	if t != nil {
		<-t
	}
}
