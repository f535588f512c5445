package batch

import (
	"context"
	"time"

	"imgrename/batch/pace"
)

// promptly is how soon after its intent was written a call is sent. By the time
// of the intent another process decides when a call cannot land any more.
const promptly = time.Second

// clear takes a call that has its ticket through the stages, up to where only
// sending it is left. If it must not be sent, ok is false and e is the end of the
// step, undecided if the step goes on.
func (a *attempt) clear(ctx context.Context, t pace.Ticket) (s *spell, e end, ok bool) {
	if e, ok = a.record(ctx); !ok {
		return nil, e, false
	}
	if a.pool.enterCall(ctx) != nil {
		a.records.withdraw(a.Row)
		return nil, end{}, false
	}
	if time.Since(a.written) > promptly || a.stale() {
		a.records.withdraw(a.Row)
		if e, ok = a.record(ctx); !ok {
			a.pool.leaveCall()
			return nil, e, false
		}
	}
	if ctx.Err() == nil && a.refusedAhead().undecided() && a.Writes.Holds(t) {
		if s, ok = a.breaker.begin(); ok {
			return s, end{}, true
		}
	}
	a.records.withdraw(a.Row)
	a.pool.leaveCall()
	return nil, end{}, false
}

// record sees to it that the call is still right, and makes it known.
func (a *attempt) record(ctx context.Context) (e end, ok bool) {
	if e, ok = a.ready(ctx); !ok {
		return e, false
	}
	a.pool.leave(a.position)
	if err := a.records.intend(a.Row, &a.send); err != nil {
		return stopped(err), false
	}
	a.written = time.Now()
	return end{}, true
}

// ready reports whether a step that has its ticket may be sent: not if it ends
// as e, nor if the lane was shut meanwhile.
func (a *attempt) ready(ctx context.Context) (e end, ok bool) {
	if e = a.refusedAhead(); e.undecided() && a.stale() {
		return a.compareWhileUp(ctx)
	}
	return e, e.undecided()
}

// refusedAhead is how the step ends where every call of the lane would fail. Only
// an open ring tries all the same: an image under a temporary name is worth a
// call in vain.
func (a *attempt) refusedAhead() end {
	if a.open {
		return end{}
	}
	return a.refusals.ahead()
}

// stale reports whether the image has to be read again before the call is sent.
func (a *attempt) stale() bool { return time.Since(a.seen) > freshFor }

// compareWhileUp is compare for somebody who holds a ticket, and must not wait
// for a lane that is shut.
func (a *attempt) compareWhileUp(ctx context.Context) (e end, ok bool) {
	whileUp, cancel := a.breaker.whileUp(ctx)
	defer cancel()
	e = a.compare(whileUp)
	if context.Cause(whileUp) == errShut {
		return end{}, false
	}
	return e, e.undecided()
}
