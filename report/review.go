package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/batch/review"
)

// Bounds of what a review lists of one thing; it says how many more there are.
const (
	mostRules    = 20
	mostExamples = 5
)

// WriteReview writes what a person should know of the plan before it is applied: what
// to look at first, the rules that the rows follow, and who will notice. Parts
// with nothing to say are left out.
func (view View) WriteReview(w io.Writer) error {
	v := view.on(w)
	if v.small() {
		v.notices(v.Plan.Warnings)
		v.gap(len(v.Plan.Warnings))
		v.notices(v.Plan.Risks)
		v.inUse(v.Review.InUse)
		v.gap(len(v.Plan.Risks) + len(v.Review.InUse))
	} else {
		v.looks()
		v.rules()
		v.noticed()
	}
	return v.w.Flush()
}

// small reports whether all there is to see is in the rows, which are listed
// above, but for what the images mean to others.
func (v *planView) small() bool {
	r := v.Review
	return !v.Folded && r.Renames < review.MinRenames && len(r.Rules)+len(r.Outliers) == 0
}

// gap ends a part that has lines.
func (v *planView) gap(lines int) {
	if lines > 0 {
		fmt.Fprintln(v.w)
	}
}

// part writes the heading of a part.
func (v *planView) part(format string, args ...any) {
	fmt.Fprintln(v.w, v.paint(bold, fmt.Sprintf(format, args...)+":"))
}

// looks writes what [review.Review.LookAt] counts: outliers, rows that cannot be
// done, names that look alike, and the number of risks.
func (v *planView) looks() {
	n := v.Review.LookAt(v.Plan)
	if n == 0 {
		return
	}
	v.part("look at %s first", plan.Count(n, "thing"))
	for i := range v.Review.Outliers {
		v.outlier(&v.Review.Outliers[i])
	}
	for i := range v.Plan.Rows {
		row := &v.Plan.Rows[i]
		if row.Problem == nil {
			continue
		}
		v.held(row, v.where(row))
		if v.Folded {
			v.reason(row)
		}
	}
	v.notices(slices.DeleteFunc(slices.Clone(v.Plan.Warnings), func(n plan.Notice) bool { return !alike(n) }))
	if risks := len(v.Plan.Risks); risks > 0 {
		v.text("! ", plan.Count(risks, "risk")+": see who will notice")
	}
	fmt.Fprintln(v.w)
}

func alike(n plan.Notice) bool { return n.Kind == plan.LookAlike || n.Kind == plan.CaseOnly }

// where says where a row is: its line and region.
func (v *planView) where(row *plan.Row) string {
	if region := Printable(v.laneName(row.Lane)); region != "" {
		return fmt.Sprintf("(line %d, %s)", row.Line, region)
	}
	return fmt.Sprintf("(line %d)", row.Line)
}

// outlier writes an edit that fits no rule, marked below in which part, and why
// it fits none.
func (v *planView) outlier(o *review.Outlier) {
	row := &v.Plan.Rows[o.Row]
	kind := "outlier"
	if o.Near >= 0 {
		kind = "near miss"
	}
	v.write(v.fill("! ", paragraph, shownID(row.ImageID)+":", v.paint(yellow, kind), v.where(row)))
	old, after := sidesOf(row, o.Attribute)
	lines := v.edit("    ", o.Attribute, old, after, yellow)
	v.write(lines)
	if begin, end := unlike(o, old, after); after != "" && begin < end {
		v.mark(lines[len(lines)-1], after, begin, end)
	}
	v.text("    ", Printable(v.Review.Why(o)))
}

// sidesOf returns an attribute before and after, as it is shown; after is empty
// if it stays.
func sidesOf(row *plan.Row, a ecs.Attribute) (old, after string) {
	want := ecs.Attributes(row.Want)
	before, wanted := *row.Old.Field(a), *want.Field(a)
	if before == wanted {
		wanted = ""
	}
	if a == ecs.ImageName {
		return Printable(before), Printable(wanted)
	}
	if old = "(empty)"; before != "" {
		old = quoted(before)
	}
	if wanted != "" {
		after = quoted(wanted)
	}
	return old, after
}

// edit lays out one value before and after; a name goes without saying what it is.
func (v *planView) edit(head string, a ecs.Attribute, old, after string, fresh color) []string {
	indents := []string{strings.Repeat(" ", width(head)), "    "}
	if a != ecs.ImageName {
		head += a.String() + ": "
	}
	if after == "" {
		return v.fill(head, indents, old)
	}
	return v.fill(head, indents, v.paint(struck, old), "→ "+v.paint(fresh, after))
}

// unlike returns the part of an outlier's new value that is unlike its rule, or,
// if it is near none, unlike its old value.
func unlike(o *review.Outlier, old, after string) (begin, end int) {
	if o.Near >= 0 {
		got := Printable(o.Got)
		at := strings.LastIndex(after, got)
		if got == "" || at < 0 {
			return 0, 0
		}
		return at, at + len(got)
	}
	begin, shared := Shared(old, after)
	if begin+shared == 0 {
		return 0, 0
	}
	return begin, len(after) - shared
}

// mark writes carets below a part of the value at the end of a line, which stays
// whole. It does not if a terminal would break the line.
func (v *planView) mark(line, value string, begin, end int) {
	if width(line) > int(v.layout) {
		return
	}
	at := width(line) - width(value) + width(value[:begin])
	v.write([]string{strings.Repeat(" ", at) + strings.Repeat("^", width(value[begin:end]))})
}

// noticed writes who will notice: risks, warnings, and images in use.
func (v *planView) noticed() {
	warnings := slices.DeleteFunc(slices.Clone(v.Plan.Warnings), alike)
	used := v.Review.InUse
	if len(v.Plan.Risks)+len(warnings)+len(used) == 0 {
		return
	}
	v.part("who will notice")
	v.notices(v.Plan.Risks)
	v.notices(warnings)
	v.inUse(used)
	fmt.Fprintln(v.w)
}

// inUse names the first images that instances were made from.
func (v *planView) inUse(rows []int) {
	if len(rows) == 0 {
		return
	}
	text := "instances were made from " + plan.Count(len(rows), "image") + ":"
	for i, row := range rows[:min(mostExamples, len(rows))] {
		if i > 0 {
			text += ","
		}
		text += " " + Printable(v.Plan.Rows[row].ImageID)
	}
	if more := len(rows) - mostExamples; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	v.text("in use: ", text)
}
