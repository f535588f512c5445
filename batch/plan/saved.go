package plan

import (
	"slices"

	"imgrename/batch/ecs"
)

// recall holds the row back if the saved plan does.
func (b *board) recall(e *entry) {
	if b.saved == nil {
		return
	}
	if r := &b.saved.Rows[e.index]; r.Problem != nil {
		e.row.Verdict, e.row.Problem = r.Verdict, r.Problem
	}
}

// drift returns what has changed on the image since the saved plan was made,
// except by the plan itself; nil if nothing has.
func (b *board) drift(e *entry) *Problem {
	want := ecs.Attributes(e.row.Want)
	for a, old := range b.saved.Rows[e.index].Old.All() {
		got := *e.image.Field(a)
		wanted := *want.Field(a)
		if a.Same(got, old) || wanted != "" && a.Same(got, wanted) || a == ecs.ImageName && e.own {
			continue
		}
		return problem(ChangedSincePlan, "", "%s; it was %s when the plan was made",
			hasValue(e.row.ImageID, a, got, old), reveal(old, got))
	}
	return nil
}

// blockSaved blocks the rows that the saved plan puts after one that is held
// back now.
func (b *board) blockSaved() {
	if b.saved == nil {
		return
	}
	if b.agreed == nil {
		b.agreed = make(map[int][]int)
		for i, c := range b.saved.Chains {
			if len(c.Steps) > 0 {
				lane := b.plan.Rows[c.Steps[0].Row].Lane
				b.agreed[lane] = append(b.agreed[lane], i)
			}
		}
	}
	stoppers := make(map[int]*entry)
	for _, i := range b.agreed[b.at] {
		b.blockChain(&b.saved.Chains[i], stoppers)
	}
}

// blockChain blocks the rows of a chain that come after one held back; all of
// them if the chain is a ring, or comes after a chain that has such a row.
func (b *board) blockChain(c *Chain, stoppers map[int]*entry) {
	stopper := b.stopper(c.After, stoppers)
	if stopper == nil && c.Ring {
		stopper = b.heldIn(c)
	}
	for _, s := range c.Steps {
		e := b.entryOf(s.Row)
		switch {
		case e == nil:
		case stopper != nil && e.row.Verdict == Planned:
			e.hold(Blocked, waits(e, stopper))
		case stopper == nil && e.held():
			stopper = e
		}
	}
}

// stopper returns a row that is held back, in one of the chains or in one that
// they come after; nil if there is none.
func (b *board) stopper(chains []int, known map[int]*entry) *entry {
	for _, i := range chains {
		e, ok := known[i]
		if !ok {
			known[i] = nil // ends a cycle, which no plan of ours has
			c := &b.saved.Chains[i]
			if e = b.heldIn(c); e == nil {
				e = b.stopper(c.After, known)
			}
			known[i] = e
		}
		if e != nil {
			return e
		}
	}
	return nil
}

func (b *board) heldIn(c *Chain) *entry {
	for _, s := range c.Steps {
		if e := b.entryOf(s.Row); e != nil && e.held() {
			return e
		}
	}
	return nil
}

// entryOf returns the entry of a row, nil if it is of another lane.
func (b *board) entryOf(row int) *entry {
	i, ok := slices.BinarySearchFunc(b.entries, row, func(e entry, row int) int { return e.index - row })
	if !ok {
		return nil
	}
	return &b.entries[i]
}

// Lighten frees the steps that [Rest] does not ask for: those of chains of one
// row that neither wait for others nor are waited for. It is for a saved plan
// that is read for nothing else: they are a fifth of its memory.
func (p *Plan) Lighten() {
	waitedFor := make(map[int]bool)
	seen := make(map[*int]bool) // chains may share what they come after
	for i := range p.Chains {
		after := p.Chains[i].After
		if len(after) == 0 || seen[&after[0]] {
			continue
		}
		seen[&after[0]] = true
		for _, before := range after {
			waitedFor[before] = true
		}
	}
	for i := range p.Chains {
		if c := &p.Chains[i]; len(c.Steps) == 1 && len(c.After) == 0 && !waitedFor[i] {
			c.Steps = nil
		}
	}
}
