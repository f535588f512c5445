package page

import (
	"imgrename/batch/plan"
)

// most is how many rows a page has at most, but for outliers and rows held back:
// those are never left out.
const most = 20_000

// A group is rows that belong together, in the plan's order.
type group struct {
	Title phrase
	Rows  []int // indexes into the plan's rows
	Left  int   // how many of it are left out
	kept  bool  // none of it may be left out
}

// groups puts each row of the plan into one group: what is unlike the others
// first, then those of each rule, then those that change nothing.
func (s *sheet) groups() []group {
	strange := group{Title: say(groupOutliers), kept: true}
	held := group{Title: say(groupHeld), kept: true}
	other := group{Title: say(groupOther)}
	unchanged := group{Title: say(groupUnchanged)}
	byRule := make([]group, len(s.Review.Rules))
	for i := range byRule {
		byRule[i].Title = say(groupRule, i+1, code(s.Review.Rules[i].Pattern()))
	}
	for i := range s.Plan.Rows {
		to := &other
		switch r := &s.Plan.Rows[i]; {
		case s.strange[i]:
			to = &strange
		case r.Problem != nil:
			to = &held
		case r.Verdict == plan.Unchanged:
			to = &unchanged
		case s.ruleOf[i] >= 0:
			to = &byRule[s.ruleOf[i]]
		}
		to.Rows = append(to.Rows, i)
	}
	all := []group{strange, held, other}
	all = append(append(all, byRule...), unchanged)
	return s.fitting(all)
}

// fitting drops empty groups, and rows where there are too many.
func (s *sheet) fitting(all []group) (some []group) {
	room := most
	for _, g := range all {
		if g.kept {
			room -= len(g.Rows)
		}
	}
	for _, g := range all {
		if len(g.Rows) == 0 {
			continue
		}
		if keep := max(0, min(room, len(g.Rows))); !g.kept {
			room -= keep
			g.Left = len(g.Rows) - keep
			g.Rows = g.Rows[:keep]
		}
		some = append(some, g)
	}
	return some
}
