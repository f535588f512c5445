package batch

import (
	"context"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
)

func (w *worker) attempt(s plan.Step) *attempt {
	return &attempt{worker: w, Step: s, id: w.Plan.Rows[s.Row].ImageID, send: *s.Set, seen: w.Seen}
}

// step brings one image to the step's values and says how that ended. It is
// decided from the image as it is: a step that finds its work done is done.
func (w *worker) step(ctx context.Context, s plan.Step) end {
	a := w.attempt(s)
	if late := w.Past[s.Row].Late; late != nil {
		w.mayLand(a.id, *late)
	}
	if e := a.settleEarlier(ctx); !e.undecided() {
		return e
	}
	e := a.once(ctx)
	for e.undecided() {
		e = a.once(ctx)
	}
	e = a.over(ctx, e)
	if e.good() {
		a.results[a.Row].Reached(*a.Set, a.wanted())
	}
	a.remember(e)
	return e
}

// once makes one call and judges its answer. However long the wait for the pace
// takes, the sight of the image is fresh when the call goes out.
func (a *attempt) once(ctx context.Context) end {
	if e := a.refusedAhead(); !e.undecided() {
		return e
	}
	if err := a.breaker.wait(ctx); err != nil {
		return stopped(err)
	}
	// Read now rather than with a ticket: those who wait for one read would all
	// send at once when it is there.
	if a.stale() {
		if e := a.compare(ctx); !e.undecided() {
			return e
		}
	}
	ticket, err := a.Writes.Enter(ctx)
	if err != nil {
		return stopped(err)
	}
	spell, e, ok := a.clear(ctx, ticket)
	if !ok {
		a.Writes.Leave(ticket, pace.Reply{Answer: pace.Unused})
		return e
	}
	id, err := a.API.ModifyImageAttribute(context.WithoutCancel(ctx), a.id, a.send)
	a.pool.leaveCall()
	class := ecs.Classify(err)
	a.records.answer(a.Row, class, id)
	a.Writes.Leave(ticket, reply(class, err))
	a.streak = a.breaker.note(spell, err)
	return a.judge(ctx, class, id, err)
}

// judge decides what an answer means for the step.
func (a *attempt) judge(ctx context.Context, class ecs.Class, requestID string, err error) end {
	a.count(class)
	a.results[a.Row].Answered(class, a.send, a.wanted())
	switch class {
	case ecs.Applied:
		a.sent++
		return end{outcome: plan.Applied, requestID: requestID}
	case ecs.Throttled:
		return end{}
	case ecs.Expired, ecs.Skewed:
		if a.learnt.from(class) {
			return end{}
		}
		return a.refusals.giveUp(err)
	case ecs.Down:
		return a.refusals.giveUp(err)
	case ecs.Forbidden:
		return a.refusals.denied(err)
	case ecs.Duplicated:
		return a.nameTaken(ctx, err)
	case ecs.Unsent:
		return a.later(ctx, unreached(err))
	case ecs.Busy:
		return a.later(ctx, refused(err))
	case ecs.Ambiguous:
		a.sent++
		a.unclear++
		a.lost, a.lastSent, a.seen = err, time.Now(), time.Time{}
		return a.readBack(ctx)
	case ecs.Refused, ecs.Undecided:
	}
	return refused(err)
}

// count keeps the books of an answer: the row's calls, and the lane's refusals
// for lack of permission in a row. Neither a refusal for the rate nor one for a
// token that has run out or for the clock says anything of the row.
func (a *attempt) count(class ecs.Class) {
	switch class {
	case ecs.Throttled, ecs.Expired, ecs.Skewed:
		return
	case ecs.Forbidden, ecs.Unsent, ecs.Ambiguous:
	case ecs.Applied, ecs.Busy, ecs.Duplicated, ecs.Refused, ecs.Down, ecs.Undecided:
		a.refusals.forbidden.Store(0)
	}
	a.learnt = learnt{} // keys and clock were taken: they may fail another time
	a.results[a.Row].Attempts++
}

// later waits before the next attempt, after a call that certainly was not
// applied but may be the next time; e is the end if there is none.
func (a *attempt) later(ctx context.Context, e end) end {
	a.tries.add(a.streak)
	if err := a.breaker.wait(ctx); err != nil { // then it is known whether an outage was to blame
		return stopped(err)
	}
	if a.tries.spent() >= a.Retry.Attempts {
		return e
	}
	if cause := wait(ctx, a.Retry.delay(a.tries.spent())); cause != nil {
		return stopped(cause)
	}
	return end{}
}
