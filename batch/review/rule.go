package review

import (
	"cmp"
	"slices"
)

// large is how many rows a rule has at least for rows outside of it to be
// outliers.
const large = 10

// tried is how many rules, the largest first, an edit or an image is compared
// with: plans have a handful.
const tried = 32

// fewOf returns how many rows a pattern of one plan has at most to be no rule.
func fewOf(rows int) int { return max(2, min(3, rows/200)) }

// group finds the groups of the survey's edits, the largest first.
func (s *survey) group() {
	few := fewOf(len(s.edits))
	s.mergeFamilies(few)
	s.divide(few)
	s.mergeGroups(few)
	s.sort()
	if s.common() {
		s.joinLengths(few)
		s.adopt(few)
		s.sort()
	}
}

func (s *survey) sort() {
	s.groups = slices.DeleteFunc(s.groups, func(g group) bool { return len(g.edits) == 0 })
	slices.SortFunc(s.groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(len(b.edits), len(a.edits)), cmp.Compare(a.edits[0], b.edits[0]))
	})
}

// common reports whether there is a large rule.
func (s *survey) common() bool { return len(s.groups) > 0 && len(s.groups[0].edits) >= large }

// budget bounds a number of comparisons of rows with rules, so that plans of
// nothing but outliers take linear time, too.
func (s *survey) budget() int { return 10_000 + 8*len(s.edits) }

// largest returns the large groups that others are compared with.
func (s *survey) largest() []group {
	n := 0
	for n < min(len(s.groups), tried) && len(s.groups[n].edits) >= large {
		n++
	}
	return s.groups[:n]
}

// adopt gives the edits of small groups to the large rules that they fit after
// all: by chance a name may have more in common with the old one than its rule
// asks for.
func (s *survey) adopt(few int) {
	var f fitter
	budget := s.budget()
	rules := s.largest()
	for i := len(rules); i < len(s.groups); i++ {
		g := &s.groups[i]
		if budget -= len(rules) * len(g.edits); len(g.edits) > few || budget < 0 {
			continue
		}
		var rest []int32
		for _, e := range g.edits {
			at := slices.IndexFunc(rules, func(rule group) bool { return s.obeys(&f, e, &rule.pattern) })
			if at < 0 {
				rest = append(rest, e)
			} else {
				rules[at].edits = append(rules[at].edits, e)
			}
		}
		g.edits = rest
	}
	inOrder(rules)
}

// joinLengths gives small groups to the large rule that differs only in how often
// a separator is replaced: names of five parts, where most have three.
func (s *survey) joinLengths(few int) {
	rules := make(map[string]int)
	largest := s.largest()
	for j := range largest {
		key := largest[j].pattern.once()
		if _, ok := rules[key]; !ok && key != "" {
			rules[key] = j
		}
	}
	for i := len(largest); i < len(s.groups) && len(rules) > 0; i++ {
		g := &s.groups[i]
		if j, ok := rules[g.pattern.once()]; ok && len(g.edits) <= few {
			largest[j].edits = append(largest[j].edits, g.edits...)
			g.edits = nil
		}
	}
	inOrder(largest)
}

// inOrder sorts the edits of groups that have been given others.
func inOrder(groups []group) {
	for i := range groups {
		if !slices.IsSorted(groups[i].edits) {
			slices.Sort(groups[i].edits)
		}
	}
}

// obeys reports whether a rule gives an edit's new value for its old one.
func (s *survey) obeys(f *fitter, e int32, p *pattern) (yes bool) {
	old, new, m := s.maker(s.edits[e].row)
	f.fit(p.left, old, func(found *match) bool {
		_, yes = m.value(p.right, found, new)
		return yes
	})
	return yes
}

// maker returns a row's values, and a maker of what rules give for it.
func (s *survey) maker(row int32) (old, new string, m *maker) {
	r := &s.plan.Rows[row]
	old, new, _ = s.values(r)
	return old, new, &maker{region: s.plan.Lanes[r.Lane].Region, source: source{date: s.places.created(int(row))}}
}

// split returns the groups that are rules, and the rows of the others, which are
// outliers: none of both if there is no common rule, nor a large one.
func (s *survey) split() (rules []group, outliers []int32) {
	if !s.common() {
		if 2*len(s.groups) <= len(s.edits) {
			rules = s.groups
		}
		return rules, nil
	}
	few := fewOf(len(s.edits))
	n := slices.IndexFunc(s.groups, func(g group) bool { return len(g.edits) <= few })
	if n < 0 {
		return s.groups, nil
	}
	for _, g := range s.groups[n:] {
		for _, e := range g.edits {
			outliers = append(outliers, s.edits[e].row)
		}
	}
	slices.Sort(outliers)
	return s.groups[:n], outliers
}

// rows returns the rows of some edits.
func (s *survey) rows(edits []int32) []int {
	rows := make([]int, len(edits))
	for i, e := range edits {
		rows[i] = int(s.edits[e].row)
	}
	return rows
}
