package history

import (
	"fmt"
	"strings"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// A Kept is a value that no manifest can put back, or a row that has to be
// settled first.
type Kept struct {
	Row     int // index into the plan's rows
	ImageID string
	Column  string // "" if it is about the row
	Reason  string
}

// Undo returns the manifest rows that put back what a run has changed, each on the
// condition that it is still as the run left it, and what cannot be put back. Of
// a row that was done in part, the part is put back. The rows keep the line
// numbers of the run's manifest.
func Undo(p *plan.Plan, results []Result) (rows []manifest.Row, kept []Kept) {
	for i := range p.Rows {
		row, result := &p.Rows[i], &results[i]
		set := row.Old.Changes(ecs.Attributes(row.Want))
		switch result.Outcome {
		case plan.Applied:
		case plan.Unknown, plan.Stranded:
			kept = append(kept, unsettled(i, row, result)...)
			continue
		default:
			set = set.Only(result.Edited)
			for a := range result.Unsure.All() {
				kept = append(kept, Kept{i, row.ImageID, a.String(), "it may not be as the run left it; " + was(row, a)})
			}
		}
		back, left := undoRow(i, row, set)
		kept = append(kept, left...)
		if back.Want != (manifest.Values{}) {
			rows = append(rows, back)
		}
	}
	return rows, kept
}

// unsettled lists what has changed, or may have, of a row that has to be settled
// first.
func unsettled(i int, row *plan.Row, result *Result) (kept []Kept) {
	reason := "the row is " + result.Outcome.String() + ": resume the run first"
	for a := range (result.Edited | result.Unsure).All() {
		kept = append(kept, Kept{i, row.ImageID, a.String(), reason + "; " + was(row, a)})
	}
	if len(kept) == 0 {
		kept = []Kept{{Row: i, ImageID: row.ImageID, Reason: reason}}
	}
	return kept
}

// was says what value an attribute had before the run.
func was(row *plan.Row, a ecs.Attribute) string {
	if old := *row.Old.Field(a); old != "" {
		return fmt.Sprintf("it was %q", old)
	}
	return "it was empty"
}

// undoRow puts back the values of one image that the run has set.
func undoRow(i int, row *plan.Row, set ecs.Attributes) (manifest.Row, []Kept) {
	var back, condition ecs.Attributes
	var kept []Kept
	for field := range set.Fields().All() {
		old, value := *row.Old.Field(field), *set.Field(field)
		if reason := lasting(field, old, value); reason != "" {
			kept = append(kept, Kept{Row: i, ImageID: row.ImageID, Column: field.String(), Reason: reason})
			continue
		}
		*back.Field(field), *condition.Field(field) = old, value
	}
	return manifest.Row{
		Line: row.Line, ImageID: row.ImageID, RegionID: row.RegionID, Profile: row.Profile,
		Want: manifest.Values(back), Current: manifest.Conditions(manifest.Values(condition)),
	}, kept
}

// lasting says why a value cannot be put back, "" if it can.
func lasting(field ecs.Attribute, old, value string) string {
	switch {
	case field == ecs.ImageName && plan.IsTemporary(old):
		return fmt.Sprintf("it was under the temporary name %q of another run, which is not put back; it is %q", old, value)
	case old == "":
		return fmt.Sprintf("it was empty, and the API cannot empty it again; it is %q", value)
	case field == ecs.ImdsSupport && value == "v2":
		return fmt.Sprintf("v2 cannot go back to %s", old)
	case strings.Contains(old, "\r"):
		return fmt.Sprintf("it was %q, and a manifest cannot carry this line break", old)
	case field.Check(old) != nil:
		return fmt.Sprintf("it was %q, which the API does not take any more: %v", old, field.Check(old))
	}
	return ""
}
