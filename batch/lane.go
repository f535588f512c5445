package batch

import (
	"context"
	"errors"

	"imgrename/batch/ecs"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
)

// API is what the engine asks of the cloud, for one account in one region. It
// must be safe for concurrent use and repeat nothing by itself.
type API interface {
	ModifyImageAttribute(ctx context.Context, id string, set ecs.Attributes) (requestID string, err error)
	DescribeImages(ctx context.Context, q ecs.Query) (ecs.Page, error)
}

// A Lane is where the calls of one account in one region go, and how fast.
// Reads and writes have quotas of their own.
type Lane struct {
	plan.Lane
	API    API
	Reads  *pace.Gate
	Writes *pace.Gate
	Retry  Retry
	// Err is why a lane without an API cannot be used: its credentials, its
	// account. It is nil for a lane in which nothing is to be done.
	Err error

	breaker *breaker // while a run is under way
}

// read makes a call that changes nothing until it succeeds, is refused for
// good, or its attempts are spent. Throttled calls do not count as attempts.
//
// A call that fails on its way is judged when its lane is up again: by then it
// is known whether an outage was to blame.
func read[T any](ctx context.Context, l Lane, call func(context.Context) (T, error)) (T, error) {
	var learnt learnt
	var tries tries
	for {
		result, class, streak, err := readOnce(ctx, l, call)
		switch class {
		case ecs.Throttled:
			continue
		case ecs.Expired, ecs.Skewed:
			if learnt.from(class) {
				continue
			}
			return result, err
		case ecs.Unsent, ecs.Ambiguous, ecs.Busy:
		default:
			return result, err
		}
		tries.add(streak)
		if stop := l.breaker.wait(ctx); stoppedLane(stop) {
			return result, stop
		}
		if tries.spent() >= l.Retry.Attempts || ctx.Err() != nil || wait(ctx, l.Retry.delay(tries.spent())) != nil {
			return result, err
		}
	}
}

// readOnce makes one call as soon as it may be sent. The class is Undecided if
// that was never.
func readOnce[T any](ctx context.Context, l Lane, call func(context.Context) (T, error)) (result T, class ecs.Class, s *streak, err error) {
	ticket, spell, err := l.enter(ctx)
	if err != nil {
		return result, ecs.Undecided, nil, err
	}
	result, err = call(ctx)
	class = ecs.Classify(err)
	l.Reads.Leave(ticket, reply(class, err))
	if ctx.Err() == nil { // or it was broken off
		s = l.breaker.note(spell, err)
	}
	return result, class, s, err
}

// enter waits until a read may be sent.
func (l Lane) enter(ctx context.Context) (pace.Ticket, *spell, error) {
	for {
		if err := l.breaker.wait(ctx); err != nil {
			return pace.Ticket{}, nil, err
		}
		ticket, err := l.Reads.Enter(ctx)
		if err != nil {
			return ticket, nil, err
		}
		if spell, up := l.breaker.begin(); up {
			return ticket, spell, nil
		}
		l.Reads.Leave(ticket, pace.Reply{Answer: pace.Unused})
	}
}

// learnt is what the client has learnt from refusals of one call: that its
// session has ended, or what time it is. The call may be sent again after each
// of them, but not for ever.
type learnt struct{ session, clock bool }

// from notes such a refusal and tells whether the call may be sent again.
func (l *learnt) from(class ecs.Class) (again bool) {
	known := &l.session
	if class == ecs.Skewed {
		known = &l.clock
	}
	again, *known = !*known, true
	return again
}

// reply is what a call's result says about the quota.
func reply(class ecs.Class, err error) pace.Reply {
	r := pace.Reply{Answer: pace.Accepted}
	switch class {
	case ecs.Throttled:
		r.Answer = pace.Refused
	case ecs.Unsent, ecs.Ambiguous:
		r.Answer = pace.Unanswered
	}
	if e, ok := errors.AsType[*ecs.Error](err); ok {
		r.Hint, r.Clock = e.RetryAfter, e.Date
	}
	return r
}
