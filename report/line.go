package report

import (
	"strconv"
	"strings"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// A Report is a plan with the result of each of its rows, in the plan's order.
type Report struct {
	Plan    *plan.Plan
	Results []history.Result
	// Extra are the names of the manifest's x_ columns.
	Extra []string
}

// DryRun returns the report of a plan that is not carried out.
func DryRun(p *plan.Plan, extra []string) Report {
	return Report{Plan: p, Results: history.DryRun(p), Extra: extra}
}

// columns are the report's own columns, in order; the manifest's x_ columns
// follow.
var columns = []string{
	"line", "profile", "region_id", "image_id", "old_name", "new_name", "outcome", "changes",
	"error_code", "error_message", "request_id", "attempts", "started_at", "finished_at", "note",
}

// A Line is one row of the report. Its values are exact: nothing is escaped yet.
type Line struct {
	Line      int               `json:"line"`
	Profile   string            `json:"profile"`
	Region    string            `json:"region_id"`
	ImageID   string            `json:"image_id"`
	OldName   string            `json:"old_name"`
	NewName   string            `json:"new_name"`
	Outcome   string            `json:"outcome"`
	Changes   string            `json:"changes"`
	Code      string            `json:"error_code"`
	Message   string            `json:"error_message"`
	RequestID string            `json:"request_id"`
	Attempts  int               `json:"attempts"`
	Started   string            `json:"started_at"`
	Finished  string            `json:"finished_at"`
	Note      string            `json:"note"`
	Extra     map[string]string `json:"extra,omitempty"`
}

// Line returns row i.
func (r Report) Line(i int) Line { return RowLine(r.Plan.Rows[i], r.Results[i], r.Extra) }

// RowLine returns the report's line for one row; extra names the manifest's x_
// columns.
func RowLine(row plan.Row, result history.Result, extra []string) Line {
	line := bareLine(&row, &result)
	line.Started, line.Finished = stamp(result.Started.Time()), stamp(result.Finished.Time())
	if len(extra) > 0 {
		line.Extra = make(map[string]string, len(extra))
		for n, name := range extra {
			line.Extra[name] = extraCell(&row, n)
		}
	}
	return line
}

// bareLine returns a line without its times and the manifest's x_ columns.
func bareLine(row *plan.Row, result *history.Result) Line {
	line := Line{
		Line: row.Line, Profile: row.Profile, Region: row.RegionID, ImageID: row.ImageID,
		OldName: row.OldName(), NewName: row.Want.ImageName,
		Outcome: result.Outcome.String(), Changes: changes(row),
		Code: result.Code, Message: Message(result), RequestID: result.RequestID, Attempts: int(result.Attempts),
		Note: row.Note,
	}
	if line.NewName == "" {
		line.NewName = line.OldName
	}
	return line
}

// extraCell returns a row's value in one of the manifest's x_ columns.
func extraCell(row *plan.Row, n int) string {
	if n < len(row.Extra) { // a row that could not be read has none
		return row.Extra[n]
	}
	return ""
}

// Message says why a row ended as it did, and what was edited nevertheless.
func Message(result *history.Result) string {
	edited, unsure := result.Edited, result.Unsure
	if result.Outcome == plan.Stranded { // the message itself tells of the name
		edited, unsure = edited.Without(ecs.ImageName), unsure.Without(ecs.ImageName)
	}
	var parts []string
	if result.Message != "" {
		parts = append(parts, result.Message)
	}
	if edited != 0 {
		parts = append(parts, "edited by this run: "+edited.String())
	}
	if unsure != 0 {
		parts = append(parts, "perhaps edited by this run: "+unsure.String())
	}
	return strings.Join(parts, "; ")
}

// changes names the attributes the row would change or has changed.
func changes(row *plan.Row) string {
	if *row.Old == (ecs.Attributes{}) {
		return ""
	}
	set := row.Old.Changes(ecs.Attributes(row.Want)).Fields()
	return strings.ReplaceAll(set.String(), ", ", ";")
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	// Package time has a fast path for this layout, but none for milliseconds.
	b := t.UTC().AppendFormat(make([]byte, 0, len("2006-01-02T15:04:05.000Z")), time.RFC3339)
	ms := t.Nanosecond() / 1e6
	b = append(b[:len(b)-len("Z")], '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), 'Z')
	return string(b)
}

// appendCells appends the line's exact values in the order of the columns.
func (l *Line) appendCells(cells []string) []string {
	return append(
		cells, strconv.Itoa(l.Line), l.Profile, l.Region, l.ImageID, l.OldName, l.NewName, l.Outcome, l.Changes,
		l.Code, l.Message, l.RequestID, strconv.Itoa(l.Attempts), l.Started, l.Finished, l.Note,
	)
}
