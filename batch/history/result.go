package history

import (
	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// A Result is how one row ended.
type Result struct {
	Outcome plan.Outcome `json:"outcome"`
	// Edited are the attributes that our calls have set although the row is
	// neither applied nor unchanged, and that had the desired value when last
	// read. Unsure are those for which this is not known: a call had no answer,
	// the image is on its way, or somebody else has changed it since.
	Edited ecs.Fields `json:"edited,omitzero"`
	Unsure ecs.Fields `json:"unsure,omitzero"`
	// Attempts counts the row's calls, without those that were throttled or
	// refused for an expired token or for this host's clock.
	Attempts int32 `json:"attempts,omitempty"`
	// Code and Message say why, if the outcome needs a reason. Code is the API's
	// if the API gave one.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	// RequestID is that of the call that settled the row, "" if the result was
	// established by reading.
	RequestID string `json:"request_id,omitempty"`
	// Started is when the row's first call was due, Finished when its outcome was
	// decided; both are zero if the row was never begun.
	Started  Moment `json:"started,omitzero"`
	Finished Moment `json:"finished,omitzero"`
}

// The codes of outcomes that the API has no code for.
const (
	CodeStopped      = "Stopped"       // not tried: the run ended first
	CodeThrottledOut = "ThrottledOut"  // the lane refused everything for too long
	CodeOutage       = "Outage"        // the lane was out of reach for too long
	CodeBlocked      = "WaitsFor"      // a row it waits for did not succeed
	CodeDrift        = "Changed"       // the image is not as planned
	CodeNameTaken    = "NameTaken"     // somebody took the name meanwhile
	CodeNotVisible   = "NotVisible"    // acknowledged, but it reads as before
	CodeUnconfirmed  = "NotConfirmed"  // it could not be read back
	CodeLost         = "AnswerLost"    // sent, and its fate is not known
	CodeStranded     = "TemporaryName" // the image still has its temporary name
	CodeGone         = "ImageNotFound" // the image does not exist any more
	CodeUnwound      = "PutBack"       // its name was put back
	CodeNoCredential = "NoCredentials" // the keys could not be had any more
	CodeNoRun        = "NoRun"         // no run has the row
	CodeOther        = "Failed"        // none of these
)

// Totals counts the outcomes.
func Totals(results []Result) (totals plan.Totals) {
	for _, r := range results {
		totals[r.Outcome]++
	}
	return totals
}

// DryRun returns the results of a plan that is not applied.
func DryRun(p *plan.Plan) []Result {
	results := make([]Result, len(p.Rows))
	for i := range p.Rows {
		results[i] = Foreseen(&p.Rows[i])
	}
	return results
}

// Foreseen returns the result of a row that the plan holds back or leaves alone.
func Foreseen(row *plan.Row) Result {
	r := Result{Outcome: row.Verdict}
	if problem := row.Problem; problem != nil {
		r.Code, r.Message, r.RequestID = problem.Code, problem.Message, problem.RequestID
	}
	return r
}

// A Standing is what the results of a job ask of a person.
type Standing uint8

// The standings. Of several that hold, the last one counts.
const (
	Succeeded  Standing = iota // nothing: every row is as desired
	Incomplete                 // to look at rows that could not be done
	Unfinished                 // to resume, for the sake of rows that were not tried
	Uncertain                  // to resume first thing: a row is unknown or stranded
)

// Worst returns the standing of results.
func Worst(results []Result) Standing {
	switch totals := Totals(results); {
	case totals[plan.Unknown]+totals[plan.Stranded] > 0:
		return Uncertain
	case totals[plan.Pending]+totals[plan.Undecided] > 0:
		return Unfinished
	case totals[plan.Applied]+totals[plan.Unchanged] < len(results):
		return Incomplete
	}
	return Succeeded
}
