package batch

import (
	"fmt"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// unwind puts the names of an open ring back, in reverse, after its step failed
// at i for a certain reason. If that step may yet have been applied, or one of
// the moves back fails, the rest stays as it is: what then has its desired
// name is applied, what has its temporary one is stranded.
func (w *worker) unwind(failed int, cause end) {
	stuck := cause.outcome == plan.Unknown
	for i := failed - 1; i >= 0; i-- {
		step := w.chain.Steps[i]
		if step.Set.ImageName == "" {
			break // the other edits, made before the ring was opened, stay
		}
		if w.results[step.Row].Outcome == plan.Unchanged {
			continue // not moved by us
		}
		if !stuck {
			back := w.step(w.grace, plan.Step{Row: step.Row, Set: &ecs.Attributes{ImageName: w.before(i)}})
			stuck = !back.good()
		}
		w.decideUnwound(step, failed, stuck, cause)
	}
}

// before is the name that step i's image had ahead of it.
func (w *worker) before(i int) string {
	name := w.Plan.Rows[w.chain.Steps[i].Row].Old.ImageName
	for _, earlier := range w.chain.Steps[:i] {
		if earlier.Row == w.chain.Steps[i].Row && earlier.Set.ImageName != "" {
			name = earlier.Set.ImageName
		}
	}
	return name
}

// decideUnwound gives the row of a step that was moved, and was or was not put
// back, its outcome.
func (w *worker) decideUnwound(step plan.Step, failed int, stuck bool, cause end) {
	culprit := w.chain.Steps[failed].Row
	row := w.Plan.Rows[step.Row]
	result := &w.results[step.Row]
	switch {
	case stuck && step.Park:
		w.decide(step.Row, end{
			outcome: plan.Stranded, code: codeStranded,
			message: fmt.Sprintf("%s is named %s; it was %s and should be %s",
				row.ImageID, step.Set.ImageName, row.Old.ImageName, row.Want.ImageName),
		})
	case stuck:
		// It has its desired name and keeps it.
	case step.Row == culprit:
		w.decide(step.Row, cause)
	default:
		result.Outcome = plan.Undecided
		w.decide(step.Row, end{
			outcome: plan.Blocked, code: codeUnwound,
			message: fmt.Sprintf("put back to %s: %s is %s", row.Old.ImageName, w.Plan.Rows[culprit].ImageID, cause.outcome),
		})
	}
}
