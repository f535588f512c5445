package batch

import (
	"context"
	"errors"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// settleEarlier waits until no earlier, different call to the image can land
// any more. The same one may be sent again at once: it sets the same values, and
// counts as a call of this step.
func (a *attempt) settleEarlier(ctx context.Context) end {
	late, ok := a.unsettled[a.id]
	if !ok {
		return end{}
	}
	settled := late.At.Add(a.Retry.Settle)
	if a.seen.Before(settled) { // else its fate was seen
		if !late.Several && late.Set == *a.Set {
			a.sent, a.unclear, a.lost, a.lastSent = 1, 1, errEarlier, late.At
			return end{}
		}
		if err := wait(ctx, time.Until(settled)); err != nil {
			return stopped(err)
		}
	}
	delete(a.unsettled, a.id)
	return end{}
}

var errEarlier = errors.New("an earlier call had no answer")

// remember notes a call that may still land: several were sent, at least one
// of them had no answer, and which of them took cannot be told.
func (a *attempt) remember(e end) {
	if a.unclear > 1 || a.unclear == 1 && (a.sent > 1 || !e.good()) {
		a.mayLand(a.id, history.LateCall{At: a.lastSent, Set: *a.Set})
	}
}

// readBack finds out what became of a call without a clear answer. As long as
// the image cannot be read, or is not as expected, nothing more is sent to it.
func (a *attempt) readBack(ctx context.Context) end {
	a.tries.add(a.streak)
	image, err := a.sight(a.grace) // the call is out: its fate has to be known
	switch {
	case err != nil: // the next try begins with a read
	case a.reached(image):
		return end{outcome: plan.Applied}
	case !a.expected(image):
		return a.drifted(image)
	}
	if a.tries.spent() >= a.Retry.Attempts {
		return refused(a.lost)
	}
	if cause := wait(ctx, a.Retry.delay(a.tries.spent())); cause != nil {
		return stopped(cause)
	}
	return end{}
}

// over ends the step as e, unless a call without an answer may still be
// applied, whatever came after it: then only a read after the settle time
// tells for certain.
func (a *attempt) over(ctx context.Context, e end) end {
	if a.unclear == 0 || e.good() {
		return e
	}
	if wait(ctx, time.Until(a.lastSent.Add(a.Retry.Settle))) != nil {
		return a.unknown()
	}
	image, err := a.look(ctx, a.id)
	if err != nil && !errors.Is(err, errGone) {
		return a.unknown()
	}
	a.unclear = 0
	if err == nil {
		a.sees(a.Row, image.Attributes, true)
	}
	switch {
	case err != nil:
		return gone(a.id)
	case a.reached(image):
		return end{outcome: plan.Applied}
	case !a.expected(image):
		return a.drifted(image)
	}
	return e
}

// unknown is the end of a step of which a call may still be applied.
func (a *attempt) unknown() end {
	e := end{outcome: plan.Unknown}
	e.code, e.message = reasonOf(a.lost)
	return e
}

// mayLand notes a call to an image that may still land.
func (w *worker) mayLand(id string, call history.LateCall) {
	if w.unsettled == nil {
		w.unsettled = make(map[string]history.LateCall)
	}
	w.unsettled[id] = w.unsettled[id].And(call)
}
