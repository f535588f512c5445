package report

import (
	"iter"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// A Change is one step of a plan for programs: which call would be made, where
// it stands among the others, and both sides of every value. Values are exact.
type Change struct {
	Chain   int              `json:"chain"` // steps of one chain run in order
	Step    int              `json:"step"`  // from 0
	Ring    bool             `json:"ring,omitempty"`
	Park    bool             `json:"park,omitempty"`
	After   []int            `json:"after,omitempty"` // chains that end before
	Line    int              `json:"line"`
	Account string           `json:"account"`
	Region  string           `json:"region_id"`
	ImageID string           `json:"image_id"`
	Values  map[string]Sides `json:"values"` // by column
}

// Sides are a value before and after a change.
type Sides struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// Steps yields the steps of all chains, in plan order.
func Steps(p *plan.Plan) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for c := range p.Chains {
			for s := range p.Chains[c].Steps {
				if !yield(change(p, c, s)) {
					return
				}
			}
		}
	}
}

func change(p *plan.Plan, chain, step int) Change {
	c := &p.Chains[chain]
	s := c.Steps[step]
	row := &p.Rows[s.Row]
	values := make(map[string]Sides)
	for field, value := range s.Set.All() {
		if value == "" {
			continue
		}
		before := *row.Old.Field(field)
		if field == ecs.ImageName {
			before = nameBefore(p, c, step)
		}
		values[field.String()] = Sides{before, value}
	}
	return Change{
		Chain: chain, Step: step, Ring: c.Ring, Park: s.Park, After: c.After, Line: row.Line,
		Account: p.Lanes[c.Lane].Account, Region: p.Lanes[c.Lane].Region, ImageID: row.ImageID, Values: values,
	}
}

// nameBefore is the name that step i's image has ahead of it.
func nameBefore(p *plan.Plan, c *plan.Chain, i int) string {
	row := c.Steps[i].Row
	name := p.Rows[row].Old.ImageName
	for _, s := range c.Steps[:i] {
		if s.Row == row && s.Set.ImageName != "" {
			name = s.Set.ImageName
		}
	}
	return name
}
