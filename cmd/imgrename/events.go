package main

import (
	"encoding/json"

	"imgrename/batch"
	"imgrename/batch/plan"
	"imgrename/report"
)

// The events of --json: one object a line, told apart by "event". Values are
// exact.
type (
	problemEvent struct {
		Event   string `json:"event"` // problem
		File    string `json:"file"`
		Line    int    `json:"line"`
		Column  string `json:"column,omitempty"`
		Message string `json:"message"`
		Hint    string `json:"hint,omitempty"`
	}
	rowEvent struct {
		Event string `json:"event"` // row
		report.Line
	}
	summaryEvent struct {
		Event  string         `json:"event"` // summary
		Rows   int            `json:"rows"`
		Counts map[string]int `json:"counts"`
		Why    string         `json:"stopped,omitempty"`
		Exit   int            `json:"exit_code"`
	}
)

// event writes one event to standard output.
func (c *common) event(e any) {
	out := json.NewEncoder(c.out)
	out.SetEscapeHTML(false)
	_ = out.Encode(e) // a sink never fails, and events are plain data
}

func summarise(results []batch.Result, why string, code int) summaryEvent {
	totals := batch.Totals(results)
	counts := make(map[string]int)
	for _, o := range plan.Outcomes() {
		if totals[o] > 0 {
			counts[o.String()] = totals[o]
		}
	}
	return summaryEvent{Event: "summary", Rows: len(results), Counts: counts, Why: why, Exit: code}
}
