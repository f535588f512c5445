package report

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// outcomeWidth is the width of the longest outcome.
const outcomeWidth = len("unchanged")

// Text writes an entry for each row that is not unchanged, in manifest order: the
// outcome, the image, its old and new name, and the reason if there is one.
func (r Report) Text(w io.Writer) error { return r.textWithout(w) }

// Folded is Text for a long report: of the applied rows it writes their number in
// each lane.
func (r Report) Folded(w io.Writer) error {
	counts := make([]int, len(r.Plan.Lanes))
	names := View{Plan: r.Plan}.laneName
	wide := 0
	for i := range r.Results {
		if lane := r.Plan.Rows[i].Lane; r.Results[i].Outcome == plan.Applied {
			counts[lane]++
			wide = widest(wide, Printable(names(lane)))
		}
	}
	var text []byte
	for lane, n := range counts {
		if n > 0 {
			text = append(appendPadded(text, plan.Applied.String(), outcomeWidth), "  "...)
			text = append(appendPadded(text, Printable(names(lane)), wide), "  "...)
			text = append(text, plan.Count(n, "row")+"\n"...)
		}
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	return r.textWithout(w, plan.Applied)
}

// textWithout is Text without rows that have one of these outcomes.
func (r Report) textWithout(w io.Writer, left ...plan.Outcome) error {
	left = append(left, plan.Unchanged)
	out := bufio.NewWriter(w) // keeps the first error
	regions, images := r.widths(left)
	for i := range r.Results {
		result := &r.Results[i]
		if slices.Contains(left, result.Outcome) {
			continue
		}
		line := bareLine(&r.Plan.Rows[i], result)
		if result.Outcome == plan.Pending && result.Code == history.CodeStopped && result.Edited|result.Unsure == 0 {
			line.Code, line.Message = "", "" // the last line gives the reason for all of them
		}
		_, _ = out.Write(appendEntry(out.AvailableBuffer(), &line, regions, images))
	}
	return out.Flush()
}

// widths returns the widths of the columns of regions and images, without rows
// that have one of these outcomes.
func (r Report) widths(left []plan.Outcome) (regions, images int) {
	for i := range r.Results {
		if !slices.Contains(left, r.Results[i].Outcome) {
			row := &r.Plan.Rows[i]
			regions = widest(regions, Printable(row.RegionID))
			images = widest(images, shownID(row.ImageID))
		}
	}
	return regions, images
}

// appendEntry appends a row's entry to an empty text.
func appendEntry(text []byte, line *Line, regions, images int) []byte {
	text = append(appendPadded(text, line.Outcome, outcomeWidth), "  "...)
	text = append(appendPadded(text, Printable(line.Region), regions), "  "...)
	text = append(appendPadded(text, shownID(line.ImageID), images), "  "...)
	text = appendNames(text, line)
	text = append(text, otherChanges(line)...)
	text = append(bytes.TrimRight(text, " "), '\n')
	if line.Code == "" && line.Message == "" {
		return text
	}
	return fmt.Appendf(text, "%*s  line %d: %s\n", outcomeWidth, "", line.Line, Printable(join(line.Code, line.Message)))
}

func shownID(id string) string {
	return cmp.Or(Printable(id), "(no id)")
}

func appendNames(text []byte, line *Line) []byte {
	if line.OldName != line.NewName {
		if line.OldName != "" {
			text = append(append(text, Printable(line.OldName)...), ' ')
		}
		text = append(text, "→ "...)
	}
	return append(text, Printable(line.NewName)...)
}

// otherChanges lists the edited attributes other than the name.
func otherChanges(line *Line) string {
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
