package review

import (
	"slices"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// addCoverage adds the images that fit a name rule's left side and that no row
// names. An image counts for one rule: the one whose left side says most.
func (d *draft) addCoverage() {
	where := d.places
	rules := d.covering()
	if len(rules) == 0 {
		return
	}
	named := where.named()
	var f fitter
	for lane := range where.plan.Lanes {
		if named[lane] == nil {
			continue
		}
		images := where.images(lane)
		for i := range images {
			if named[lane][i] {
				continue
			}
			name := images[i].ImageName
			at := slices.IndexFunc(rules, func(rule int) bool { return d.patterns[rule].pending(&f, name) })
			if at >= 0 && !plan.IsTemporary(name) {
				d.Rules[rules[at]].addUncovered(lane, &images[i])
			}
		}
	}
}

func (rule *Rule) addUncovered(lane int, image *ecs.Image) {
	rule.UncoveredCount++
	if len(rule.Uncovered) < MaxUncovered {
		rule.Uncovered = append(rule.Uncovered, Image{lane, image.ID, shown(image.ImageName)})
	}
}

// covering returns the large name rules whose left side has a word or number,
// those that say most first. Others fit any name.
func (d *draft) covering() (rules []int) {
	for i := range d.Rules {
		if len(d.Rules[i].Rows) >= large && solid(d.patterns[i].left) && len(rules) < tried {
			rules = append(rules, i)
		}
	}
	slices.SortStableFunc(rules, func(a, b int) int { return weight(d.patterns[b].left) - weight(d.patterns[a].left) })
	return rules
}

// named returns, for each lane with rows, which of its images they name.
func (p *places) named() [][]bool {
	named := make([][]bool, len(p.plan.Lanes))
	for i := range p.plan.Rows {
		lane := p.plan.Rows[i].Lane
		if named[lane] == nil {
			named[lane] = make([]bool, len(p.images(lane)))
		}
		if p.at[i] >= 0 {
			named[lane][p.at[i]] = true
		}
	}
	return named
}
