package pace_test

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"imgrename/batch/pace"
)

// baselines are the usual ways to pace, for comparison. All send a refused row
// again until it is accepted.
var baselines = []law{
	{name: "fixed rate", new: func(*rand.Rand) pacer { return newFixed(ceiling) }},
	{name: "AIMD x0.5", new: func(*rand.Rand) pacer { return &aimd{fixed: newFixed(ceiling)} }},
	{name: "AWS adaptive", new: func(*rand.Rand) pacer { return newAdaptive() }, backoff: fullJitter(time.Second)},
	{name: "full jitter", new: func(*rand.Rand) pacer { return free{} }, backoff: fullJitter(time.Second / 2)},
}

// fullJitter waits for anything up to a bound that doubles with each refusal.
func fullJitter(base time.Duration) func(*rand.Rand, int) time.Duration {
	return func(random *rand.Rand, n int) time.Duration {
		bound := min(base<<min(n-1, 10), 20*time.Second)
		return time.Duration(random.Float64() * float64(bound))
	}
}

// free does not pace at all.
type free struct{}

func (free) Enter(context.Context) (pace.Ticket, error) { return pace.Ticket{}, nil }
func (free) Leave(pace.Ticket, pace.Reply)              {}

// fixed keeps one rate and nothing else.
type fixed struct {
	turn    chan struct{}
	limiter *rate.Limiter
}

func newFixed(perSecond rate.Limit) fixed {
	return fixed{turn: make(chan struct{}, 1), limiter: rate.NewLimiter(perSecond, 1)}
}

// Enter waits for a token, and often checks whether the rate has changed: the
// limiter's own Wait would keep to the rate at which it began.
func (f fixed) Enter(context.Context) (pace.Ticket, error) {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	for !f.limiter.Allow() {
		short := (1 - f.limiter.Tokens()) / float64(f.limiter.Limit())
		time.Sleep(time.Duration(max(min(short, 0.05), 1e-6) * float64(time.Second)))
	}
	return pace.Ticket{}, nil
}

func (f fixed) Leave(pace.Ticket, pace.Reply) {}

// aimd halves its rate when calls are refused, once a second at most, and adds
// half a call a second for every second.
type aimd struct {
	fixed
	mu     sync.Mutex
	cut    time.Time
	raised time.Time // or cut
}

func (a *aimd) Leave(_ pace.Ticket, r pace.Reply) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	switch {
	case r.Answer == pace.Refused && now.Sub(a.cut) > time.Second:
		a.limiter.SetLimit(max(a.limiter.Limit()/2, 0.1))
		a.cut, a.raised = now, now
	case r.Answer == pace.Accepted:
		more := rate.Limit(now.Sub(a.raised).Seconds() / 2)
		a.limiter.SetLimit(min(a.limiter.Limit()+more, ceiling))
		a.raised = now
	}
}

// adaptive is the client-side rate limiter of the AWS SDKs (retry mode
// "adaptive"), with their constants: no limit before the first refusal, then
// 0.7 of the rate measured, and CUBIC from there.
type adaptive struct {
	fixed
	mu       sync.Mutex
	limited  bool
	start    time.Time
	failed   time.Time
	most     float64 // the rate at the last refusal
	measured float64
	calls    float64
	bucket   float64 // half seconds since the start
}

func newAdaptive() *adaptive {
	return &adaptive{fixed: newFixed(rate.Inf), start: time.Now()}
}

func (a *adaptive) Leave(_ pace.Ticket, r pace.Reply) {
	a.mu.Lock()
	defer a.mu.Unlock()
	const beta, scale = 0.7, 0.4
	now := time.Now()
	a.measure(now)
	var limit float64
	if r.Answer == pace.Refused {
		a.most = a.measured
		if a.limited {
			a.most = min(a.most, float64(a.limiter.Limit()))
		}
		a.failed, a.limited = now, true
		limit = a.most * beta
	} else {
		k := math.Cbrt(a.most * (1 - beta) / scale)
		limit = a.most + scale*math.Pow(now.Sub(a.failed).Seconds()-k, 3)
	}
	if a.limited {
		limit = max(min(limit, 2*a.measured), 0.5)
		a.limiter.SetLimit(rate.Limit(limit))
		a.limiter.SetBurst(max(int(limit), 1))
	}
}

// measure keeps a moving average of the calls in each half second.
func (a *adaptive) measure(now time.Time) {
	a.calls++
	if bucket := math.Floor(2 * now.Sub(a.start).Seconds()); bucket > a.bucket {
		a.measured = 0.8*2*a.calls/(bucket-a.bucket) + 0.2*a.measured
		a.calls, a.bucket = 0, bucket
	}
}
