package plan

import (
	"fmt"
	"slices"
)

// check returns an error unless the plan is consistent: every index is in range,
// and every row that is held back has a problem.
func (p *Plan) check() error {
	for i := range p.Rows {
		r := &p.Rows[i]
		if !fits(r.Lane, len(p.Lanes)) || !r.sound() {
			return fmt.Errorf("row %d does not fit", i)
		}
	}
	for i := range p.Chains {
		if !p.sound(&p.Chains[i]) {
			return fmt.Errorf("chain %d does not fit", i)
		}
	}
	for _, notices := range [][]Notice{p.Risks, p.Warnings} {
		for _, n := range notices {
			if n.Kind == 0 || !fits(n.Lane, len(p.Lanes)) || !allFit(n.Rows, len(p.Rows)) {
				return fmt.Errorf("notice %q does not fit", n.Text)
			}
		}
	}
	return nil
}

func (r *Row) sound() bool {
	switch r.Verdict {
	case Planned, Unchanged:
		return r.Problem == nil && r.ImageID != ""
	case Refused, Conflict, Blocked, Failed, Pending, Stranded:
		return r.Problem != nil
	default:
		return false
	}
}

func (p *Plan) sound(c *Chain) bool {
	stray := func(s Step) bool { return !fits(s.Row, len(p.Rows)) || p.Rows[s.Row].Lane != c.Lane }
	return fits(c.Lane, len(p.Lanes)) && allFit(c.After, len(p.Chains)) &&
		len(c.Steps) > 0 && !slices.ContainsFunc(c.Steps, stray)
}

func allFit(indexes []int, n int) bool {
	return !slices.ContainsFunc(indexes, func(i int) bool { return !fits(i, n) })
}

func fits(i, n int) bool { return i >= 0 && i < n }
