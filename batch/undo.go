package batch

import (
	"fmt"
	"strings"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// A Kept is a value of a run that no manifest can put back, or a row that has
// to be looked at first.
type Kept struct {
	Row     int // index into the plan's rows
	ImageID string
	Column  string // "" if it is about the row
	Reason  string
}

// Undo makes the manifest rows that put back what a run has changed, on the
// condition that it is still as the run left it; and what cannot be put back.
// The rows have the lines of the run's manifest.
func Undo(p *plan.Plan, results []Result) (rows []manifest.Row, kept []Kept) {
	for i := range p.Rows {
		switch results[i].Outcome {
		case plan.Applied:
			row, left := undoRow(i, &p.Rows[i])
			kept = append(kept, left...)
			if row.Want != (manifest.Values{}) {
				rows = append(rows, row)
			}
		case plan.Unknown, plan.Stranded:
			kept = append(kept, Kept{
				Row: i, ImageID: p.Rows[i].ImageID,
				Reason: "the row is " + results[i].Outcome.String() + ": resume the run first",
			})
		default:
			if strings.HasSuffix(results[i].Message, otherEdits) {
				kept = append(kept, Kept{Row: i, ImageID: p.Rows[i].ImageID, Reason: "it was changed in part only: look at it"})
			}
		}
	}
	return rows, kept
}

// undoRow puts one image's values back.
func undoRow(i int, row *plan.Row) (manifest.Row, []Kept) {
	var back, condition ecs.Attributes
	var kept []Kept
	for field, value := range row.Old.Changes(ecs.Attributes(row.Want)).All() {
		if value == "" {
			continue
		}
		old := *row.Old.Field(field)
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
