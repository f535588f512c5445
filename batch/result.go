package batch

import (
	"errors"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// A Result is how one row ended.
type Result struct {
	Outcome plan.Outcome `json:"outcome"`
	// Edited are the attributes that calls of ours have set although the row is
	// neither applied nor unchanged, and that still have the desired value as
	// far as was seen. Unsure are those of which that is not known: a call had no
	// answer, the image is on its way, or somebody else has changed it since.
	Edited ecs.Fields `json:"edited,omitzero"`
	Unsure ecs.Fields `json:"unsure,omitzero"`
	// Attempts counts the row's calls, but not those refused for their rate, for
	// a token that had run out or for this host's clock.
	Attempts int32 `json:"attempts,omitempty"`
	// Code and Message say why, where the outcome needs a reason. Code is the
	// API's where the API said it.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	// RequestID is that of the call that settled the row; empty where the
	// result was established by reading.
	RequestID string `json:"request_id,omitempty"`
	// Started and Finished are when the row's first call was due and when its
	// outcome was decided; zero if it was never begun.
	Started  Moment `json:"started,omitzero"`
	Finished Moment `json:"finished,omitzero"`
}

// Stopped is the code of rows that were not tried because the run ended first.
const Stopped = "Stopped"

// The codes of other outcomes that the API has no code for.
const (
	codeThrottledOut = "ThrottledOut"  // the lane refused everything for too long
	codeOutage       = "Outage"        // the lane was out of reach for too long
	codeBlocked      = "WaitsFor"      // a row it waits for did not succeed
	codeDrift        = "Changed"       // the image is not as planned
	codeNameTaken    = "NameTaken"     // somebody took the name meanwhile
	codeNotVisible   = "NotVisible"    // acknowledged, but it reads as before
	codeUnconfirmed  = "NotConfirmed"  // it could not be read back
	codeLost         = "AnswerLost"    // sent, and its fate is not known
	codeStranded     = "TemporaryName" // the image still has its temporary name
	codeGone         = "ImageNotFound" // the image does not exist any more
	codeUnwound      = "PutBack"       // its name was put back
	codeNoCredential = "NoCredentials" // the keys could not be had any more
	codeOther        = "Failed"        // none of these
)

// reasonOf turns an error into a result's code and message.
func reasonOf(err error) (code, message string) {
	if e, ok := errors.AsType[*ecs.Error](err); ok {
		message = e.Message
		if message == "" && e.Err != nil {
			message = e.Err.Error()
		}
		return e.ReportCode(), message
	}
	return codeOther, err.Error()
}

// Totals counts the outcomes.
func Totals(results []Result) (totals plan.Totals) {
	for _, r := range results {
		totals[r.Outcome]++
	}
	return totals
}
