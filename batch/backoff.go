package batch

import (
	"context"
	"math/rand/v2"
	"time"

	"imgrename/batch/history"
)

// Retry says how often a call is tried and how long to wait between.
type Retry struct {
	// Attempts bounds the calls for one step that had no clear answer. Calls
	// that failed in an outage do not count.
	Attempts int
	// Base and Cap bound the pauses: before attempt n+1 a random time up to
	// Base·2ⁿ⁻¹, never above Cap ("full jitter").
	Base, Cap time.Duration
	// Settle is how long a call without an answer may still take effect.
	Settle time.Duration
	// MaxOutage is how long a lane that could be reached waits for the API to
	// answer again before it stops with an [*OutageError]. If it is 0, the lane
	// does not wait: calls that fail on their way count like any others.
	MaxOutage time.Duration
}

// DefaultRetry makes 5 attempts with pauses of up to 0.5 s to 20 s, and waits
// 60 s for calls to settle and half an hour for an outage to end.
var DefaultRetry = Retry{
	Attempts: 5, Base: 500 * time.Millisecond, Cap: 20 * time.Second, Settle: time.Minute,
	MaxOutage: 30 * time.Minute,
}

// delay is the pause after so many attempts.
func (r Retry) delay(attempt int) time.Duration {
	most := min(r.Base<<min(max(attempt, 1)-1, 20), r.Cap)
	if most <= 0 {
		return 0
	}
	return rand.N(most)
}

// wait sleeps, or returns ctx's cause as soon as it ends.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// now returns the current moment.
func now() history.Moment { return history.MomentOf(time.Now()) }
