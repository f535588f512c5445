package batch

import (
	"context"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/pace"
)

// promptly is how soon after its intent was written a call is sent. By the time
// of the intent another process decides when a call cannot land any more.
const promptly = time.Second

// clear takes a call that has its ticket through the stages, up to where only
// sending it is left. If it must not be sent, stop is the end of the step, or
// nil if it is to be tried again.
func (a *attempt) clear(ctx context.Context, t pace.Ticket) (s *spell, stop *end, ok bool) {
	if stop, ok = a.write(ctx); !ok {
		return nil, stop, false
	}
	if a.pool.enterCall(ctx) != nil {
		a.withdraw()
		return nil, nil, false
	}
	if time.Since(a.written) > promptly || a.stale() {
		a.withdraw()
		if stop, ok = a.write(ctx); !ok {
			a.pool.leaveCall()
			return nil, stop, false
		}
	}
	if ctx.Err() == nil && a.laneDown() == nil && a.Writes.Holds(t) {
		if s, ok = a.breaker.begin(); ok {
			return s, nil, true
		}
	}
	a.withdraw()
	a.pool.leaveCall()
	return nil, nil, false
}

// write sees to it that the call is still right, and makes it known.
func (a *attempt) write(ctx context.Context) (stop *end, ok bool) {
	if stop, ok = a.ready(ctx); !ok {
		return stop, false
	}
	a.pool.leave(a.position)
	if err := a.intend(); err != nil {
		e := stopped(err)
		return &e, false
	}
	a.written = time.Now()
	return nil, true
}

// ready tells, of a step that has its ticket, whether it is to be sent: not if it
// stops, nor if the lane has been shut meanwhile; stop is nil then.
func (a *attempt) ready(ctx context.Context) (stop *end, ok bool) {
	if stop = a.laneDown(); stop == nil && a.stale() {
		return a.compareWhileUp(ctx)
	}
	return stop, stop == nil
}

// stale tells that the image has to be seen again before the call is sent.
func (a *attempt) stale() bool { return time.Since(a.seen) > freshFor }

// compareWhileUp is compare for somebody who holds a ticket, and must not wait
// for a lane that is shut.
func (a *attempt) compareWhileUp(ctx context.Context) (stop *end, ok bool) {
	whileUp, cancel := a.breaker.whileUp(ctx)
	defer cancel()
	stop = a.compare(whileUp)
	if context.Cause(whileUp) == errShut {
		return nil, false
	}
	return stop, stop == nil
}

// intend makes a call known before it is sent.
func (a *attempt) intend() error {
	if a.Journal == nil {
		return nil
	}
	set := a.send
	return a.kept(a.Journal.Commit(history.Record{Kind: history.Intent, At: time.Now().UTC(), Row: a.Row, Set: &set}))
}

// note keeps the answer to a call.
func (a *attempt) note(class ecs.Class, requestID string) {
	a.writeDown(history.Record{Kind: history.Answer, Row: a.Row, Class: class, RequestID: requestID})
}

// withdraw tells that the call of the last intent is not sent.
func (a *attempt) withdraw() {
	a.writeDown(history.Record{Kind: history.Withdrawn, Row: a.Row})
}
