package review

import (
	"cmp"
	"slices"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// A draft is a review while it is made.
type draft struct {
	*Review
	plan     *plan.Plan
	places   *places
	patterns []pattern // one for each rule; empty if it is not of names
}

func (d *draft) make() {
	var asked ecs.Attributes // for each attribute that rows change, one of the values
	for i := range d.plan.Rows {
		row := &d.plan.Rows[i]
		if changes(row, ecs.ImageName) {
			d.Renames++
		}
		asked = asked.Apply(ecs.Attributes(row.Want))
	}
	d.reviewNames()
	for a := range asked.Fields().Without(ecs.ImageName).All() {
		d.reviewAttribute(a)
	}
	d.sort()
	d.addCoverage()
	d.addThin()
	d.InUse = d.places.inUse()
}

func (d *draft) survey(values func(*plan.Row) (old, new string, ok bool)) *survey {
	return &survey{plan: d.plan, places: d.places, values: values}
}

func (d *draft) addRule(rule Rule, p pattern) {
	d.Rules = append(d.Rules, rule)
	d.patterns = append(d.patterns, p)
}

func (d *draft) dropRules(from int) {
	d.Rules, d.patterns = d.Rules[:from], d.patterns[:from]
}

// sort puts the rules with the most rows first, and near misses before other
// outliers.
func (d *draft) sort() {
	order := make([]int, len(d.Rules))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(len(d.Rules[b].Rows), len(d.Rules[a].Rows)), cmp.Compare(a, b))
	})
	var rules []Rule
	var patterns []pattern
	moved := make([]int, len(order))
	for to, from := range order {
		rules, patterns = append(rules, d.Rules[from]), append(patterns, d.patterns[from])
		moved[from] = to
	}
	d.Rules, d.patterns = rules, patterns
	for i := range d.Outliers {
		if o := &d.Outliers[i]; o.Near >= 0 {
			o.Near = moved[o.Near]
		}
	}
	slices.SortStableFunc(d.Outliers, func(a, b Outlier) int {
		return cmp.Or(cmp.Compare(min(b.Near, 0), min(a.Near, 0)), cmp.Compare(a.Row, b.Row))
	})
}
