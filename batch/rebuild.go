package batch

import "imgrename/batch/plan"

// A Rebuild makes the results of a run of its plan and its journal.
type Rebuild struct {
	plan    *plan.Plan
	history History
	results []Result // Undecided where the journal has none
}

// NewRebuild returns the rebuild of a run whose journal is empty.
func NewRebuild(p *plan.Plan) *Rebuild {
	return &Rebuild{plan: p, results: make([]Result, len(p.Rows))}
}

// Recall takes in the next record of the journal.
func (b *Rebuild) Recall(r Record) {
	b.history.Recall(r)
	switch {
	case r.Row < 0 || r.Row >= len(b.results):
	case r.Kind == Ended && r.Result != nil:
		b.results[r.Row] = *r.Result
	case r.Kind == Intent: // whatever was decided: a later process took it up again
		b.results[r.Row] = Result{}
	}
}

// Results is how each row ended, the journal having come to its end. A row of
// which the journal has no result was not tried, or, if a call was sent for it,
// its fate is not known.
func (b *Rebuild) Results() []Result {
	for i := range b.results {
		if b.results[i].Outcome == plan.Undecided {
			b.results[i] = unfinished(&b.plan.Rows[i], b.history.rows[i].past())
		}
	}
	return b.results
}

// unfinished is the result of a row that no process has decided.
func unfinished(row *plan.Row, past Past) Result {
	switch {
	case row.Problem != nil:
		return Result{Outcome: row.Verdict, Code: row.Problem.Code, Message: row.Problem.Message}
	case row.Verdict != plan.Planned:
		return Result{Outcome: row.Verdict}
	case past.Sent:
		edited, unsure := past.edits(row.Want.ImageName)
		return Result{
			Outcome: plan.Unknown, Code: codeLost, Message: "the run ended before the result was established",
			Attempts: past.Attempts, Started: past.Started, Edited: edited, Unsure: unsure,
		}
	}
	return Result{Outcome: plan.Pending, Code: Stopped, Message: "the run ended first", Attempts: past.Attempts, Started: past.Started}
}
