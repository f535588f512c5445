package review

import (
	"cmp"
	"slices"
	"strings"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// reviewAttribute adds the rules and outliers of an attribute other than the
// name: rows that want a value made of the name, and rows that want the same
// value.
func (d *draft) reviewAttribute(a ecs.Attribute) {
	all := newValues(d.plan, a)
	if all.count < MinRenames {
		return
	}
	base := len(d.Rules)
	if len(all.sorted) > 1 && (a == ecs.Description || a == ecs.ImageFamily) {
		d.addTemplates(a, all)
	}
	d.addValues(a, all, base)
}

// values is the rows that change an attribute, by the value they want.
type values struct {
	attribute ecs.Attribute
	rows      map[string][]int
	sorted    []string // those that most rows want first
	count     int      // rows in all
}

func newValues(p *plan.Plan, a ecs.Attribute) *values {
	v := &values{attribute: a, rows: make(map[string][]int)}
	var kept []int // rows that want what the image has
	for i := range p.Rows {
		row := &p.Rows[i]
		switch value := wanted(row, a); {
		case value == "":
		case changes(row, a):
			v.rows[value] = append(v.rows[value], i)
			v.count++
		default:
			kept = append(kept, i)
		}
	}
	if len(kept) <= fewOf(v.count) { // else they are a column that was exported and not edited
		for _, i := range kept {
			value := wanted(&p.Rows[i], a)
			v.rows[value] = append(v.rows[value], i)
			slices.Sort(v.rows[value])
		}
	}
	v.sort()
	return v
}

// wanted returns the value that a row wants, empty for none.
func wanted(r *plan.Row, a ecs.Attribute) string { return *(*ecs.Attributes)(&r.Want).Field(a) }

func (v *values) sort() {
	v.sorted = v.sorted[:0]
	for value, rows := range v.rows {
		if len(rows) > 0 {
			v.sorted = append(v.sorted, value)
		}
	}
	slices.SortFunc(v.sorted, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(v.rows[b]), len(v.rows[a])), strings.Compare(a, b))
	})
}

// addTemplates adds rules for values that are made of the name, if one holds for
// more rows than any value, and takes their rows out of the values.
func (d *draft) addTemplates(a ecs.Attribute, v *values) {
	s := d.survey(template(a))
	s.read()
	s.group()
	taken := make(map[int]bool)
	for _, g := range s.largest() {
		if !g.pattern.made() || len(g.edits) <= len(v.rows[v.sorted[0]]) && len(taken) == 0 {
			continue
		}
		rule := s.rule(a, g)
		for _, row := range rule.Rows {
			taken[row] = true
		}
		d.addRule(rule, pattern{})
	}
	for value, rows := range v.rows {
		v.rows[value] = slices.DeleteFunc(rows, func(row int) bool { return taken[row] })
	}
	v.sort()
}

// made reports whether the right side has something of the left one.
func (p *pattern) made() bool {
	return slices.ContainsFunc(p.right, func(it item) bool { return it.kind == star || it.kind == computed })
}

// addValues adds rules for values that more than a few rows want. base is the
// attribute's first rule.
func (d *draft) addValues(a ecs.Attribute, v *values, base int) {
	few := fewOf(v.count)
	firstValue := len(d.Rules)
	var outliers []int
	for _, value := range v.sorted {
		if rows := v.rows[value]; len(rows) > few {
			d.addRule(Rule{Attribute: a, Left: leftOf(d.plan, a, rows), Right: shown(value), Rows: rows}, pattern{})
		} else {
			outliers = append(outliers, rows...)
		}
	}
	if !slices.ContainsFunc(d.Rules[base:], func(rule Rule) bool { return len(rule.Rows) >= large }) {
		d.dropRules(base)
		return
	}
	slices.Sort(outliers)
	for _, row := range outliers {
		value := wanted(&d.plan.Rows[row], a)
		d.addOutlier(a, row, nearValue(a, value, d.Rules[firstValue:]), firstValue)
	}
}

// leftOf returns the old value that all the rows have, or a word for several or
// for none.
func leftOf(p *plan.Plan, a ecs.Attribute, rows []int) string {
	old := *p.Rows[rows[0]].Old.Field(a)
	for _, row := range rows {
		if *p.Rows[row].Old.Field(a) != old {
			return "{any}"
		}
	}
	return cmp.Or(shown(old), "{empty}")
}

// nearValue returns the rule of a value from which one differs little. Of words
// that the API defines, any two are near.
func nearValue(a ecs.Attribute, value string, rules []Rule) neighbour {
	for i := range rules[:min(len(rules), tried)] {
		want := rules[i].Right
		part, little := compare(value, want)
		if a != ecs.Description && a != ecs.ImageFamily {
			part, little = difference{value, want}, true
		}
		if little && len(rules[i].Rows) >= large && part.size() > 0 {
			return neighbour{i, part}
		}
	}
	return neighbour{rule: -1}
}
