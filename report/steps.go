package report

import (
	"cmp"
	"iter"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// A Change is one step of a plan for programs: which call would be made, its
// place among the others, and both sides of every value. Values are exact.
type Change struct {
	Chain   int              `json:"chain"` // steps of one chain run in order
	Step    int              `json:"step"`  // from 0
	Ring    bool             `json:"ring,omitempty"`
	Park    bool             `json:"park,omitempty"`
	After   []int            `json:"after,omitempty"` // chains that end before this one starts
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
			for s, name := range NamesBefore(p, &p.Chains[c]) {
				if !yield(change(p, c, s, name)) {
					return
				}
			}
		}
	}
}

func change(p *plan.Plan, chain, step int, name string) Change {
	c := &p.Chains[chain]
	s := c.Steps[step]
	row := &p.Rows[s.Row]
	values := make(map[string]Sides)
	for field := range s.Set.Fields().All() {
		before := *row.Old.Field(field)
		if field == ecs.ImageName {
			before = name
		}
		values[field.String()] = Sides{before, *s.Set.Field(field)}
	}
	return Change{
		Chain: chain, Step: step, Ring: c.Ring, Park: s.Park, After: c.After, Line: row.Line,
		Account: p.Lanes[c.Lane].Account, Region: p.Lanes[c.Lane].Region, ImageID: row.ImageID, Values: values,
	}
}

// NamesBefore yields the index of each step of a chain and the name that its
// image has before it: the temporary one if it was parked, else the old one. No
// image has a step after the one that gives it its final name.
func NamesBefore(p *plan.Plan, c *plan.Chain) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		parked := make(map[int]string)
		for i, s := range c.Steps {
			if !yield(i, cmp.Or(parked[s.Row], p.Rows[s.Row].Old.ImageName)) {
				return
			}
			if s.Park {
				parked[s.Row] = s.Set.ImageName
			}
		}
	}
}
