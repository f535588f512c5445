package lifecycle

import (
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// A budget is how many rows of a run may fail, and which have, in this process or
// in an earlier one. A row that a resume does after all does not count any more. A nil budget has no limit.
type budget struct {
	limit  plan.FailureLimit
	rows   int // of the manifest
	failed map[int]bool
}

// newBudget returns a budget of which nothing is spent, nil without a limit.
func newBudget(limit plan.FailureLimit, rows int) *budget {
	if limit == (plan.FailureLimit{}) {
		return nil
	}
	return &budget{limit, rows, make(map[int]bool)}
}

// decided notes how a row ended, as far as that is known.
func (b *budget) decided(row int, o plan.Outcome) {
	switch {
	case b == nil:
	case o.Failure():
		b.failed[row] = true
	default:
		delete(b.failed, row)
	}
}

// recorded notes the next record of the run's journal.
func (b *budget) recorded(r history.Record) {
	if r.Kind == history.Ended && r.Result != nil {
		b.decided(r.Row, r.Result.Outcome)
	}
}

// exceeded returns a [*plan.LimitError] if more rows have failed than may, else
// nil.
func (b *budget) exceeded() error {
	if b != nil {
		if e := b.limit.Check(len(b.failed), b.rows); e != nil {
			return e
		}
	}
	return nil
}

// FailureLimit returns the limit that a run was started with. Runs of earlier
// versions have none.
func FailureLimit(head runs.Head) plan.FailureLimit {
	return plan.FailureLimit{Rows: head.MaxFailures, Percent: head.MaxFailurePercent}
}
