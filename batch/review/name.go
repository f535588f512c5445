package review

import (
	"slices"

	"imgrename/batch/ecs"
)

// reviewNames adds the rules and outliers of names.
func (d *draft) reviewNames() {
	if d.Renames < MinRenames {
		return
	}
	s := d.survey(names)
	s.read()
	s.group()
	rules, outliers := s.split()
	d.add(s, ecs.ImageName, rules, outliers)
	d.addUnchanged(s, rules)
}

// rule returns a group as a rule.
func (s *survey) rule(a ecs.Attribute, g group) Rule {
	return Rule{Attribute: a, Left: text(g.pattern.left), Right: text(g.pattern.right), Rows: s.rows(g.edits)}
}

// add adds rules of one attribute and its outliers.
func (d *draft) add(s *survey, a ecs.Attribute, rules []group, outliers []int32) {
	base := len(d.Rules)
	for _, g := range rules {
		d.addRule(s.rule(a, g), g.pattern)
	}
	var f fitter
	budget := s.budget()
	near := s.largest()
	for _, row := range outliers {
		n := neighbour{rule: -1}
		if budget -= len(near); budget >= 0 {
			n = s.near(&f, row, near)
		}
		d.addOutlier(a, int(row), n, base)
	}
}

func (d *draft) addOutlier(a ecs.Attribute, row int, n neighbour, base int) {
	o := Outlier{Row: row, Attribute: a, Near: -1}
	if n.rule >= 0 {
		o.Near, o.Got, o.Want = base+n.rule, shown(n.got), shown(n.want)
	}
	d.Outliers = append(d.Outliers, o)
}

// addUnchanged adds the few rows that keep a name that a rule would change: the
// row is there, and its new name was forgotten.
func (d *draft) addUnchanged(s *survey, rules []group) {
	if !s.common() {
		return
	}
	few := fewOf(len(s.edits))
	var f fitter
	var found []int
	var near []neighbour
	for i := range s.plan.Rows {
		row := &s.plan.Rows[i]
		if row.Want.ImageName == "" || row.Want.ImageName != row.Old.ImageName || row.Problem != nil {
			continue
		}
		if _, _, asked := names(row); asked {
			continue
		}
		n, pending := s.kept(&f, int32(i), s.largest())
		if !pending {
			continue
		}
		if found = append(found, i); len(found) > few {
			return
		}
		near = append(near, n)
	}
	for i, row := range found {
		d.addOutlier(ecs.ImageName, row, near[i], len(d.Rules)-len(rules))
	}
}

// kept returns the rule that would change the name of a row that keeps it. Such
// a row may have been done before; it says that it has not if it expects the
// name that it keeps.
func (s *survey) kept(f *fitter, row int32, rules []group) (n neighbour, found bool) {
	r := &s.plan.Rows[row]
	name := r.Want.ImageName
	expects := r.Condition().ImageName == name
	at := slices.IndexFunc(rules, func(g group) bool {
		return g.pattern.pending(f, name) || expects && solid(g.pattern.left) && f.fits(g.pattern.left, name)
	})
	return neighbour{rule: at}, expects || at >= 0
}

// pending reports whether a name has still to be changed by the rule: it fits
// the left side, and not the right one at least as well.
func (p *pattern) pending(f *fitter, name string) bool {
	return f.fits(p.left, name) && (weight(p.right) < weight(p.left) || !f.fits(p.right, name))
}
