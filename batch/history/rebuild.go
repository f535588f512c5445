package history

import (
	"fmt"

	"imgrename/batch/plan"
)

// A Rebuild makes the results of a run from its plan and its journal.
type Rebuild struct {
	plan    *plan.Plan
	replay  Replay
	results []Result // Undecided where the journal has none
}

// NewRebuild returns a Rebuild that has read no record.
func NewRebuild(p *plan.Plan) *Rebuild {
	return &Rebuild{plan: p, results: make([]Result, len(p.Rows))}
}

// Add reads the next record of the journal.
func (b *Rebuild) Add(r Record) {
	b.replay.Add(r)
	switch {
	case r.Row < 0 || r.Row >= len(b.results):
	case r.Kind == Ended && r.Result != nil:
		b.results[r.Row] = *r.Result
	case r.Kind == Intent: // a later process took up again what was decided
		b.results[r.Row] = Result{}
	}
}

// Results returns how each row ended, once the whole journal has been added. A
// row without a result in the journal was not tried; if a call was sent for it,
// its fate is not known.
func (b *Rebuild) Results() []Result {
	past := b.replay.Past()
	for i := range b.results {
		if b.results[i].Outcome == plan.Undecided {
			b.results[i] = unfinished(&b.plan.Rows[i], past[i])
		}
	}
	return b.results
}

// Stranded says that a row's image has a temporary name, and which names it had
// and should have.
func Stranded(row *plan.Row, temporary string) string {
	return fmt.Sprintf("%s is named %q; it was %q and should be %q", row.ImageID, temporary, row.Old.ImageName, row.Want.ImageName)
}

// unfinished returns the result of a row that no process has decided.
func unfinished(row *plan.Row, past Past) Result {
	switch {
	case row.Problem != nil, row.Verdict != plan.Planned:
		return Foreseen(row)
	case plan.IsTemporary(past.Name) && past.Late == nil:
		edited, unsure := past.Edits(row.Want.ImageName)
		return Result{
			Outcome: plan.Stranded, Code: CodeStranded, Message: Stranded(row, past.Name),
			Attempts: past.Attempts, Started: past.Started, Edited: edited, Unsure: unsure,
		}
	case past.Sent:
		edited, unsure := past.Edits(row.Want.ImageName)
		return Result{
			Outcome: plan.Unknown, Code: CodeLost, Message: "the run ended before the result was established",
			Attempts: past.Attempts, Started: past.Started, Edited: edited, Unsure: unsure,
		}
	}
	return Result{Outcome: plan.Pending, Code: CodeStopped, Message: "the run ended first", Attempts: past.Attempts, Started: past.Started}
}
