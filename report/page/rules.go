package page

import (
	"slices"

	"imgrename/batch/ecs"
	"imgrename/batch/review"
	"imgrename/report"
)

// A rule is a rule of the review with its first and its last row.
type rule struct {
	Number      int
	Attribute   string
	Pattern     string
	Size        phrase
	First, Last row // of line 0 if there is none
	Coverage    phrase
}

// examples is how many of the images that a rule does not cover are named.
const examples = 8

func (s *sheet) rules() []rule {
	all := make([]rule, len(s.Review.Rules))
	for i := range s.Review.Rules {
		all[i] = s.rule(i)
	}
	return all
}

func (s *sheet) rule(i int) rule {
	r := &s.Review.Rules[i]
	shown := rule{
		Number: i + 1, Attribute: shownAttribute(r.Attribute), Pattern: report.Printable(r.Pattern()),
		Size: say(ruleRows, counted{len(r.Rows), "row"}, counted{s.regionsOf(r), "region"}), Coverage: coverage(r),
	}
	first := slices.IndexFunc(r.Rows, func(i int) bool { return s.edits(i, r.Attribute) })
	if first < 0 { // all rows are as desired already
		return shown
	}
	shown.First = s.example(r, r.Rows[first])
	for _, last := range slices.Backward(r.Rows[first+1:]) {
		if s.edits(last, r.Attribute) {
			shown.Last = s.example(r, last)
			break
		}
	}
	return shown
}

// edits reports whether a row changes an attribute.
func (s *sheet) edits(i int, a ecs.Attribute) bool {
	r := &s.Plan.Rows[i]
	return r.Old.Changes(ecs.Attributes(r.Want)).Fields().Has(a)
}

// example returns a row of a rule with the edit that follows the rule.
func (s *sheet) example(r *review.Rule, i int) row {
	shown := s.row(i)
	shown.Result = nil
	shown.Edits = slices.DeleteFunc(shown.Edits, func(e edit) bool { return e.Attribute != shownAttribute(r.Attribute) })
	return shown
}

// regionsOf counts the regions in which a rule has rows.
func (s *sheet) regionsOf(r *review.Rule) int {
	return len(s.regionSet(r.ByLane(s.Plan)))
}

func (s *sheet) regionSet(rows []int) map[string]bool {
	regions := make(map[string]bool)
	for lane, n := range rows {
		if n > 0 {
			regions[s.Plan.Lanes[lane].Region] = true
		}
	}
	return regions
}

// coverage says which images fit a rule and are not in the manifest.
func coverage(r *review.Rule) phrase {
	if r.UncoveredCount == 0 {
		return phrase{}
	}
	var named []code
	for _, image := range r.Uncovered[:min(examples, len(r.Uncovered))] {
		named = append(named, code(image.Name))
	}
	list := listed(named, r.UncoveredCount)
	return say(ruleUncovered, counted{r.UncoveredCount, "image"}, list)
}

// listed returns a list of values, and how many more there are.
func listed(values []code, n int) phrase {
	list := phrase{listPieces(values, english), listPieces(values, chinese)}
	if more := n - len(values); more > 0 {
		return say(andMore, list, more)
	}
	return list
}

// A thin is a rule that is missing or thin in a few of its lanes.
type thin struct {
	Rule  phrase
	Lanes []phrase
}

func (s *sheet) thin() (all []thin) {
	busy := 0 // lanes with rows
	rows := make([]int, len(s.Plan.Lanes))
	for i := range s.Plan.Rows {
		rows[s.Plan.Rows[i].Lane]++
	}
	for _, n := range rows {
		busy += min(n, 1)
	}
	for i := range s.Review.Rules {
		if r := &s.Review.Rules[i]; len(r.Thin) > 0 {
			all = append(all, s.thinRule(i, r, busy))
		}
	}
	return all
}

func (s *sheet) thinRule(i int, r *review.Rule, busy int) thin {
	rows := r.ByLane(s.Plan)
	has := 0
	for _, n := range rows {
		has += min(n, 1)
	}
	t := thin{Rule: say(thinRule, i+1, code(r.Pattern()), has, counted{busy, "region"})}
	for _, lane := range r.Thin {
		t.Lanes = append(t.Lanes, say(thinLane, code(s.lanes[lane]), counted{rows[lane], "row"}))
	}
	return t
}

// noRules says why there is no rule for names; it is empty if there is one.
func (s *sheet) noRules() phrase {
	switch {
	case slices.ContainsFunc(s.Review.Rules, func(r review.Rule) bool { return r.Attribute == ecs.ImageName }):
		return phrase{}
	case s.Review.Renames < review.MinRenames:
		return say(factFew)
	default:
		return say(factNoRule)
	}
}
