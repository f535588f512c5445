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
// its steps failed. If that step may yet be applied, or one of the moves back
// fails, the ring is stuck and the rest stays as it is: what then has its
// desired name is applied, what has its temporary one is stranded.
type unwinding struct {
	*chainRun
	culprit int // the row that failed
	cause   end // how
	stuck   bool
}

// unwind puts back what was moved before the step that failed.
func (c *chainRun) unwind(failed int, cause end) {
	u := &unwinding{chainRun: c, culprit: c.chain.Steps[failed].Row, cause: cause, stuck: cause.outcome == plan.Unknown}
	for i := failed - 1; i >= 0; i-- {
		step := c.chain.Steps[i]
		switch {
		case step.Set.ImageName == "":
			return // the other edits, made before the ring was opened, stay
		case step.Park:
			u.unpark(step.Row)
		case c.did[i] == plan.Applied:
			u.putBack(step.Row)
		}
	}
	if c.chain.Open {
		u.unpark(parkedRow(c.chain))
	}
}

// moveBack gives the row's image the name it had before the ring was opened.
func (u *unwinding) moveBack(row int) end {
	return u.step(u.run.grace, plan.Step{Row: row, Set: &ecs.Attributes{ImageName: u.run.Plan.Rows[row].Old.ImageName}})
}

// putBack moves an image back from its desired name.
func (u *unwinding) putBack(row int) {
	if u.stuck {
		return // it has its desired name and keeps it
	}
	e := u.moveBack(row)
	switch {
	case e.good():
		u.run.results[row].Outcome = plan.Undecided
		u.decide(row, u.unwound(row, e))
	case e.outcome == plan.Unknown:
		u.stuck = true
		u.run.results[row].Outcome = plan.Undecided
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
	if !u.stuck && u.run.Plan.Rows[row].Old.ImageName != "" {
		e = u.moveBack(row)
	}
	if u.stuck || !e.good() {
		u.decide(row, u.stillParked(row, e))
	} else {
		u.decide(row, u.restored(row, e))
	}
}

// restored is the end of a row whose image has its old name again.
func (u *unwinding) restored(row int, back end) end {
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
			u.run.Plan.Rows[row].Old.ImageName, u.run.Plan.Rows[u.culprit].ImageID, u.cause.outcome),
	}
}

// stillParked is the end of a row whose image could not be moved from its
// temporary name, as far as that is known; e is how the last attempt ended.
func (u *unwinding) stillParked(row int, e end) end {
	planned := &u.run.Plan.Rows[row]
	parked := u.lane.temporaryName(planned)
	s := u.newStep(plan.Step{Row: row, Set: &ecs.Attributes{ImageName: parked}})
	late, unsettled := u.late[planned.ImageID]
	settled := !unsettled || wait(u.run.grace, time.Until(late.At.Add(u.lane.Retry.Settle))) == nil
	image, err := s.read(u.run.grace)
	if err == nil {
		s.noteRead(image, settled)
	}
	switch {
	case errors.Is(err, errGone):
		return gone(planned.ImageID)
	case err == nil && settled && image.ImageName == planned.Old.ImageName:
		return u.restored(row, e) // a call without an answer moved it back
	case err == nil && settled && asDesired(planned, image):
		return end{outcome: plan.Applied} // a call without an answer moved it on
	case err == nil && s.reached(image), err != nil && !unsettled:
		return u.lane.stranded(planned)
	case e.outcome == plan.Conflict:
		return e
	case err == nil && settled && s.drift(image) != "":
		return s.drifted(image) // no call of ours has brought it there
	default:
		return end{outcome: plan.Unknown, code: history.CodeLost, message: fmt.Sprintf(
			"%s may be named %q: a call to move it away had no answer", planned.ImageID, parked)}
	}
}
