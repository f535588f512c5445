package report

import (
	"fmt"
	"strings"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/batch/review"
)

// rules writes what many rows have in common.
func (v *planView) rules() {
	if v.Review.NoCommonRule() {
		v.text("", fmt.Sprintf("the %s have no rule in common: read all rows", plan.Count(v.Review.Renames, "rename")))
		fmt.Fprintln(v.w)
	}
	rules := v.Review.Rules
	if len(rules) == 0 {
		return
	}
	v.part("rules")
	for i := range rules[:min(mostRules, len(rules))] {
		v.rule(i+1, &rules[i])
	}
	if more := len(rules) - mostRules; more > 0 {
		v.text("  ", fmt.Sprintf("and %s", plan.Count(more, "smaller rule")))
	}
	fmt.Fprintln(v.w)
}

func (v *planView) rule(number int, r *review.Rule) {
	counts := r.ByLane(v.Plan)
	left, right := r.Left, "→ "+r.Right+":"
	if r.Attribute != ecs.ImageName {
		left = r.Attribute.String() + ": " + left
	}
	size := fmt.Sprintf("%s in %s", plan.Count(len(r.Rows), "row"), plan.Count(v.regions(counts), "region"))
	v.write(v.fill(fmt.Sprintf("%3d. ", number), []string{"     "}, Printable(left), Printable(right), size))
	examples := v.examples(r)
	for i, row := range examples {
		if i > 0 && i < len(examples)-1 {
			continue
		}
		old, after := sidesOf(&v.Plan.Rows[row], r.Attribute)
		head := fmt.Sprintf("     line %d: ", v.Plan.Rows[row].Line)
		v.write(v.edit(head, ecs.ImageName, old, after, green))
	}
	v.uncovered(r)
	v.thin(r, counts)
}

// examples returns the rows of a rule that change the attribute.
func (v *planView) examples(r *review.Rule) (rows []int) {
	for _, row := range r.Rows {
		if _, after := sidesOf(&v.Plan.Rows[row], r.Attribute); after != "" {
			rows = append(rows, row)
		}
	}
	return rows
}

// regions counts the regions that have some rows.
func (v *planView) regions(counts []int) int {
	regions := make(map[string]bool)
	for lane, n := range counts {
		if n > 0 {
			regions[v.Plan.Lanes[lane].Region] = true
		}
	}
	return len(regions)
}

// uncovered names images that fit a rule and are not in the manifest.
func (v *planView) uncovered(r *review.Rule) {
	if r.UncoveredCount == 0 {
		return
	}
	verb := "fit"
	if r.UncoveredCount == 1 {
		verb = "fits"
	}
	var names []string
	for _, image := range r.Uncovered[:min(mostExamples, len(r.Uncovered))] {
		names = append(names, Printable(image.Name)+" ("+Printable(image.ID)+")")
	}
	head := fmt.Sprintf("%s %s it, not in the manifest:", plan.Count(r.UncoveredCount, "image"), verb)
	v.list(head, names, r.UncoveredCount)
}

// thin names the regions in which a rule has conspicuously few rows.
func (v *planView) thin(r *review.Rule, counts []int) {
	var lanes []string
	for _, lane := range r.Thin {
		lanes = append(lanes, fmt.Sprintf("%s (%d)", Printable(v.laneName(lane)), counts[lane]))
	}
	if len(lanes) > 0 {
		v.list("few rows or none in", lanes, len(lanes))
	}
}

// list writes the first of n things below a rule.
func (v *planView) list(head string, things []string, n int) {
	for i := range things[:len(things)-1] {
		things[i] += ","
	}
	if more := n - len(things); more > 0 {
		things = append(things, fmt.Sprintf("and %d more", more))
	}
	pieces := append(strings.Split(head, " "), things...)
	v.write(v.fill("     ", []string{"       "}, pieces...))
}
