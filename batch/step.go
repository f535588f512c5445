package batch

import (
	"context"
	"errors"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
)

// forbiddenInARow is how many rows may be refused for lack of permission
// before the lane is given up: one may concern its image, many do not.
const forbiddenInARow = 5

// An attempt is a step under way: what was sent and what is known of it.
type attempt struct {
	*worker
	plan.Step
	id        string
	send      ecs.Attributes // what of the step is still to be done, as last seen
	seen      time.Time      // when the image was; zero after a call of unknown fate
	written   time.Time      // when the last intent was, in the journal
	sent      int            // calls that may have been applied or were acknowledged
	unclear   int            // those of them without a clear answer
	lost      error          // what came instead, the last time
	lastSent  time.Time      // when that was
	tries     tries          // against Retry.Attempts
	streak    *streak        // that the last call was part of, if it failed on its way
	learnt    learnt         // from refusals since the last other answer
	nameSince time.Time      // since when the name has been found taken
}

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
	if e := a.settleEarlier(ctx); e != nil {
		return *e
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
	if e := a.laneDown(); e != nil {
		return *e
	}
	if err := a.breaker.wait(ctx); err != nil {
		return stopped(err)
	}
	// Read now rather than with a ticket: those who wait for one read would all
	// send at once when it is there.
	if a.stale() {
		if stop := a.compare(ctx); stop != nil {
			return *stop
		}
	}
	ticket, err := a.Writes.Enter(ctx)
	if err != nil {
		return stopped(err)
	}
	spell, stop, ok := a.clear(ctx, ticket)
	if !ok {
		a.Writes.Leave(ticket, pace.Reply{Answer: pace.Unused})
		if stop != nil {
			return *stop
		}
		return end{}
	}
	id, err := a.API.ModifyImageAttribute(context.WithoutCancel(ctx), a.id, a.send)
	a.called()
	class := ecs.Classify(err)
	a.note(class, id)
	a.Writes.Leave(ticket, reply(class, err))
	a.streak = a.breaker.note(spell, err)
	return a.judge(ctx, class, id, err)
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

// laneDown is how the step ends where every call of the lane would fail. Only
// an open ring tries all the same: an image under a temporary name is worth a
// call in vain.
func (a *attempt) laneDown() *end {
	down := a.down.Load()
	if down == nil || a.open {
		return nil
	}
	e := refused(down)
	e.requestID = "" // another row's
	return &e
}

// wanted is the name that the image is to have in the end.
func (a *attempt) wanted() string { return a.Plan.Rows[a.Row].Want.ImageName }

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
		return a.giveUpLane(err)
	case ecs.Down:
		return a.giveUpLane(err)
	case ecs.Forbidden:
		return a.denied(err)
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
		a.forbidden.Store(0)
	}
	a.learnt = learnt{} // keys and clock were taken: they may fail another time
	a.results[a.Row].Attempts++
}

// refused is the end of a row to which the API certainly said no.
func refused(err error) end {
	e := end{outcome: plan.Failed}
	e.code, e.message = reasonOf(err)
	if api, ok := errors.AsType[*ecs.Error](err); ok {
		e.requestID = api.RequestID
	}
	return e
}

// unreached is the end of a row whose lane is out of reach: nothing ever left
// this host, or nothing can be read.
func unreached(err error) end {
	e := refused(err)
	e.outcome = plan.Pending
	if _, ok := errors.AsType[*ecs.Error](err); !ok {
		e.code = history.CodeNoCredential // all that can go wrong before there is a request
	}
	return e
}

// denied ends a row for lack of permission, and the lane if that happens too
// often.
func (a *attempt) denied(err error) end {
	if a.forbidden.Add(1) >= forbiddenInARow {
		return a.giveUpLane(err)
	}
	return refused(err)
}

// giveUpLane ends the row and, with it, all rows of the lane that come after.
func (a *attempt) giveUpLane(err error) end {
	if api, ok := errors.AsType[*ecs.Error](err); ok {
		a.down.CompareAndSwap(nil, api)
	}
	return refused(err)
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
