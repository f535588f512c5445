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
// its steps failed or because its rows are held back. A member that cannot be
// put back keeps its desired name, and so do those that were moved before it:
// they are applied. The parked image then gets its desired name too, if nobody
// has it, else it is stranded. If a call may yet be applied, the ring is stuck
// and the rest stays as it is.
type unwinding struct {
	*chainRun
	culprit int    // the row that is to blame
	cause   end    // how it ends
	why     string // the same, for those that are put back
	tried   bool   // it is the move to its desired name that failed
	stuck   bool   // nothing more may be sent
	kept    bool   // a name before is not to be had
}

// unwind puts back what was moved before the step that failed, then what an
// earlier process has moved.
func (c *chainRun) unwind(failed int, cause end) {
	culprit := c.chain.Steps[failed].Row
	u := &unwinding{chainRun: c, culprit: culprit, cause: cause, stuck: cause.outcome == plan.Unknown}
	u.tried = *c.chain.Steps[failed].Set == ecs.Attributes{ImageName: c.run.Plan.Rows[culprit].Want.ImageName}
	u.why = fmt.Sprintf("%s is %s", c.run.Plan.Rows[culprit].ImageID, cause.outcome)
	for i := failed - 1; i >= 0; i-- {
		step := c.chain.Steps[i]
		switch {
		case step.Set.ImageName == "":
			return // the other edits, made before the ring was opened, stay
		case step.Park:
			u.unpark(step.Row)
		case c.did[i] == plan.Applied:
			u.putBack(step.Row, c.run.Plan.Rows[step.Row].Old.ImageName)
		}
	}
	if c.chain.Open {
		u.goHome()
	}
}

// goHome brings home the parked image of a chain that is held back.
func (c *chainRun) goHome() {
	step := c.chain.Home[len(c.chain.Home)-1]
	row := &c.run.Plan.Rows[step.Row]
	u := &unwinding{chainRun: c, culprit: step.Row, cause: heldBack(row), why: row.Problem.Message}
	u.kept = step.Set.ImageName != row.Old.ImageName
	u.goHome()
}

func (u *unwinding) goHome() {
	parked := parkedRow(u.chain)
	for _, step := range u.chain.Home {
		if step.Row != parked {
			u.kept = u.kept || !u.run.hasNamed(step.Row)
			u.putBack(step.Row, step.Set.ImageName)
		}
	}
	u.unpark(parked)
}

// hasNamed reports whether an earlier process may have given the row's image a
// name.
func (r *run) hasNamed(row int) bool {
	p := r.Past[row]
	return (p.Made | p.Unsure).Has(ecs.ImageName)
}

// rename gives the row's image a name that it had or shall have.
func (u *unwinding) rename(row int, name string) end {
	if result := &u.run.results[row]; result.Started.IsZero() {
		result.Started = now()
	}
	return u.step(u.run.grace, plan.Step{Row: row, Set: &ecs.Attributes{ImageName: name}})
}

// putBack moves an image back from its desired name.
func (u *unwinding) putBack(row int, name string) {
	if u.stuck || u.kept {
		return // it has its desired name and keeps it
	}
	switch e := u.rename(row, name); {
	case e.good():
		u.redecide(row, u.unwound(row, name, e))
	case e.outcome == plan.Unknown:
		u.stuck = true
		u.redecide(row, e) // a late call may still take its desired name away
	case e.outcome == plan.Pending:
		u.stuck = true
	default:
		u.kept = true
	}
}

func (u *unwinding) redecide(row int, e end) {
	u.run.results[row].Outcome = plan.Undecided
	u.decide(row, e)
}

// unpark moves an image from its temporary name: back, else on.
func (u *unwinding) unpark(row int) {
	planned, e := &u.run.Plan.Rows[row], end{}
	if row == u.culprit {
		e = u.cause
	}
	if !u.stuck && !u.kept && planned.Old.ImageName != "" {
		if e = u.rename(row, planned.Old.ImageName); e.good() {
			u.decide(row, u.restored(row, e))
			return
		}
	}
	if !u.stuck && !(u.tried && row == u.culprit) && u.mayMoveOn(planned, e) {
		if e = u.rename(row, planned.Want.ImageName); e.good() {
			u.decide(row, u.arrived(row, e))
			return
		}
	}
	u.decide(row, u.stillParked(row, e))
}

// mayMoveOn reports whether a parked image may get its desired name although
// its ring cannot be closed: nothing else is known of the image, and nobody has
// the name.
func (u *unwinding) mayMoveOn(row *plan.Row, e end) bool {
	switch {
	case e.outcome == plan.Unknown, e.outcome == plan.Pending, e.code == history.CodeDrift, e.code == history.CodeGone:
		return false
	}
	return u.lane.holder(u.run.grace, row.Want.ImageName) == ""
}

// restored is the end of a row whose image has its old name again.
func (u *unwinding) restored(row int, back end) end {
	name := u.run.Plan.Rows[row].Old.ImageName
	if row == u.culprit && u.cause.outcome != plan.Blocked && u.cause.outcome != plan.Stranded {
		return u.cause
	}
	return u.unwound(row, name, back)
}

// unwound is the end of a row that was put back because another one failed.
func (u *unwinding) unwound(row int, name string, back end) end {
	if planned := &u.run.Plan.Rows[row]; planned.Problem != nil && row != u.culprit {
		return heldBack(planned)
	}
	return end{
		outcome: plan.Blocked, code: history.CodeUnwound, requestID: back.requestID,
		message: fmt.Sprintf("put back to %q: %s", name, u.why),
	}
}

// arrived is the end of a row whose image has its desired name.
func (u *unwinding) arrived(row int, on end) end {
	planned := &u.run.Plan.Rows[row]
	values, _ := u.values(row)
	left := values.Changes(ecs.Attributes(planned.Want)).Fields()
	switch {
	case left.Without(ecs.ImageName) == 0:
		return on
	case row == u.culprit && u.cause.outcome != plan.Stranded:
		return u.cause
	default:
		return u.behind(row, u.culprit, u.cause)
	}
}

// behind is the end of a row that waits for another one, which ended as e.
func (c *chainRun) behind(row, culprit int, e end) end {
	_, refusals := c.lane.writer(c.run.Plan.Rows[row].Profile)
	if down := refusals.foreseen(); !down.undecided() {
		return down
	}
	if e.outcome == plan.Pending {
		return end{outcome: plan.Pending, code: e.code, message: e.message}
	}
	return end{
		outcome: plan.Blocked, code: history.CodeBlocked,
		message: fmt.Sprintf("waits for %s, which is %s", c.run.Plan.Rows[culprit].ImageID, e.outcome),
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
		left := u.lane.stranded(planned)
		if e.outcome == plan.Failed {
			left.requestID = e.requestID // the API has refused to move it
		}
		return left
	case e.outcome == plan.Conflict:
		return e
	case err == nil && settled && s.drift(image) != "":
		return s.drifted(image) // no call of ours has brought it there
	default:
		return end{outcome: plan.Unknown, code: history.CodeLost, message: fmt.Sprintf(
			"%s may be named %q: a call to move it away had no answer", planned.ImageID, parked)}
	}
}
