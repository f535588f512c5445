package report

import (
	"fmt"
	"io"
	"strings"

	"imgrename/batch"
	"imgrename/batch/plan"
)

// outcomeWidth is the width of the widest outcome's word.
const outcomeWidth = len("unchanged")

// Text writes one entry for each row that is not unchanged, in manifest order:
// the outcome, the image, its old and new name, and the reason if there is one.
func (r Report) Text(w io.Writer) error {
	regions, images := r.widths()
	for i := range r.Results {
		if r.Results[i].Outcome == plan.Unchanged {
			continue
		}
		if _, err := io.WriteString(w, entry(r.Line(i), regions, images)); err != nil {
			return err
		}
	}
	return nil
}

// widths are those of the widest region and image of an entry, in bytes: both
// are plain ASCII wherever they are legal.
func (r Report) widths() (regions, images int) {
	for i := range r.Results {
		if r.Results[i].Outcome != plan.Unchanged {
			regions = max(regions, len(r.Plan.Rows[i].RegionID))
			images = max(images, len(r.Plan.Rows[i].ImageID))
		}
	}
	return regions, images
}

func entry(line Line, regions, images int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s  %-*s  %-*s  %s%s\n", outcomeWidth, line.Outcome,
		regions, Printable(line.Region), images, Printable(imageOf(line)), Printable(names(line)), otherChanges(line))
	if line.Outcome == plan.Pending.String() && line.Code == batch.Stopped {
		return b.String() // the last line says why, once for all
	}
	if line.Code != "" || line.Message != "" {
		fmt.Fprintf(&b, "%*s  line %d: %s\n", outcomeWidth, "", line.Line, Printable(join(line.Code, line.Message)))
	}
	return b.String()
}

func imageOf(line Line) string {
	if line.ImageID == "" {
		return "(no id)"
	}
	return line.ImageID
}

func names(line Line) string {
	switch {
	case line.OldName == line.NewName:
		return line.NewName
	case line.OldName == "":
		return "→ " + line.NewName
	default:
		return line.OldName + " → " + line.NewName
	}
}

// otherChanges names what is edited besides the name.
func otherChanges(line Line) string {
	others := strings.TrimPrefix(strings.TrimPrefix(line.Changes, "image_name"), ";")
	if others == "" {
		return ""
	}
	return " (" + strings.ReplaceAll(others, ";", ", ") + ")"
}

func join(code, message string) string {
	if code == "" || message == "" {
		return code + message
	}
	return code + ": " + message
}

// Counts says how many rows ended how, such as "12 rows: 10 applied, 2
// refused".
func Counts(results []batch.Result) string {
	totals := batch.Totals(results)
	var parts []string
	for _, o := range plan.Outcomes() {
		if n := totals[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	rows := "rows"
	if len(results) == 1 {
		rows = "row"
	}
	if len(parts) == 0 {
		return "0 rows"
	}
	return fmt.Sprintf("%d %s: %s", len(results), rows, strings.Join(parts, ", "))
}
