package batch

import (
	"errors"
	"fmt"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// An unwinding puts the names of an open ring back, in reverse, after one of
// its steps failed. If that step may yet have been applied, or one of the moves
// back fails, the ring is stuck and the rest stays as it is: what then has its
// desired name is applied, what has its temporary one is stranded.
type unwinding struct {
	*worker
	culprit int // the row that failed
	cause   end // how
	stuck   bool
}

// unwind puts back what was moved before step failed.
func (w *worker) unwind(failed int, cause end) {
	u := &unwinding{worker: w, culprit: w.chain.Steps[failed].Row, cause: cause, stuck: cause.outcome == plan.Unknown}
	for i := failed - 1; i >= 0; i-- {
		step := w.chain.Steps[i]
		switch {
		case step.Set.ImageName == "":
			return // the other edits, made before the ring was opened, stay
		case step.Park:
			u.unpark(step.Row)
		case w.did[i] == plan.Applied:
			u.putBack(step.Row)
		}
	}
	if w.chain.Open {
		u.unpark(parkedRow(&w.chain))
	}
}

// back moves the row's image to the name it had before the ring was opened.
func (u *unwinding) back(row int) end {
	return u.step(u.grace, plan.Step{Row: row, Set: &ecs.Attributes{ImageName: u.Plan.Rows[row].Old.ImageName}})
}

// putBack moves an image back from its desired name.
func (u *unwinding) putBack(row int) {
	if u.stuck {
		return // it has its desired name and keeps it
	}
	e := u.back(row)
	switch {
	case e.good():
		u.results[row].Outcome = plan.Undecided
		u.decide(row, u.unwound(row, e))
	case e.outcome == plan.Unknown:
		u.stuck = true
		u.results[row].Outcome = plan.Undecided
		u.decide(row, e) // a late call may still take its desired name away
	default:
		u.stuck = true
	}
}

// unpark moves an image back from its temporary name.
func (u *unwinding) unpark(row int) {
	var e end
	if row == u.culprit {
		e = u.cause
	}
	if !u.stuck && u.Plan.Rows[row].Old.ImageName != "" {
		e = u.back(row)
	}
	switch {
	case u.stuck || !e.good():
		u.decide(row, u.left(row, e))
	default:
		u.decide(row, u.home(row, e))
	}
}

// home is the end of a row whose image has its old name again.
func (u *unwinding) home(row int, back end) end {
	if row == u.culprit {
		return u.cause
	}
	return u.unwound(row, back)
}

// unwound is the end of a row that failed because another one did.
func (u *unwinding) unwound(row int, back end) end {
	return end{
		outcome: plan.Blocked, code: history.CodeUnwound, requestID: back.requestID,
		message: fmt.Sprintf("put back to %q: %s is %s",
			u.Plan.Rows[row].Old.ImageName, u.Plan.Rows[u.culprit].ImageID, u.cause.outcome),
	}
}

// left is the end of a row whose image could not be brought away from its
// temporary name, as far as that is known; e is how the last try ended.
func (u *unwinding) left(row int, e end) end {
	parked := temporaryName(u.Lane.Lane, &u.Plan.Rows[row])
	a := u.attempt(plan.Step{Row: row, Set: &ecs.Attributes{ImageName: parked}})
	late, unsettled := u.unsettled[a.id]
	settled := !unsettled || wait(u.grace, time.Until(late.At.Add(u.Retry.Settle))) == nil
	image, err := a.sight(u.grace)
	if err == nil {
		u.sees(row, image.Attributes, settled)
	}
	switch {
	case errors.Is(err, errGone):
		return gone(a.id)
	case err == nil && settled && image.ImageName == u.Plan.Rows[row].Old.ImageName:
		return u.home(row, e) // the call without an answer that moved it back was done
	case err == nil && settled && image.Changes(ecs.Attributes(u.Plan.Rows[row].Want)) == (ecs.Attributes{}):
		return end{outcome: plan.Applied} // and here the one that moved it on
	case err == nil && a.reached(image), err != nil && !unsettled:
		return stranded(u.Lane.Lane, &u.Plan.Rows[row])
	case e.outcome == plan.Conflict:
		return e
	case err == nil && settled && !a.expected(image):
		return a.drifted(image) // no call of ours has brought it there
	default:
		return end{outcome: plan.Unknown, code: history.CodeLost, message: fmt.Sprintf(
			"%s may be named %q: a call to move it away had no answer", a.id, parked)}
	}
}
