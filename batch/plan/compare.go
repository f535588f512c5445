package plan

import (
	"errors"
	"fmt"
	"slices"

	"imgrename/batch/ecs"
)

// Compare makes the plan for carrying out a saved one on the images as they
// are now. Its rows are those of the saved plan, on the images resolved then.
//
//   - A row that the saved plan holds back stays so: nobody has agreed to it.
//   - An image may have its old values, or in part or all the desired ones, or
//     the row's own temporary name. Anything else is a conflict.
//   - Rows that come after one that is held back now, in its chain or by After,
//     are blocked: what was agreed to was the whole.
//
// The result has the lanes of fresh, in that order, and behind them those of
// the plan that fresh lacks, whose rows are pending.
func Compare(saved *Plan, fresh []Inventory) *Plan {
	lanes := slices.Clone(fresh)
	index := make(map[Lane]int, len(lanes))
	for i := range lanes {
		if _, ok := index[lanes[i].Lane]; !ok {
			index[lanes[i].Lane] = i
		}
	}
	moved := make([]int, len(saved.Lanes))
	for i, lane := range saved.Lanes {
		if _, ok := index[lane]; !ok {
			index[lane] = len(lanes)
			lanes = append(lanes, Inventory{Lane: lane, Unread: errNotListed})
		}
		moved[i] = index[lane]
	}
	rows := make([]Request, len(saved.Rows))
	for i := range rows {
		r := &saved.Rows[i]
		rows[i] = Request{Row: r.Row, Lane: moved[r.Lane]}
	}
	return build(rows, lanes, saved)
}

var errNotListed = errors.New("the lane was not listed")

// recall holds the row back if the saved plan does.
func (b *board) recall(e *entry) {
	if b.saved == nil {
		return
	}
	if r := &b.saved.Rows[e.index]; r.Problem != nil {
		e.row.Verdict, e.row.Problem = r.Verdict, r.Problem
	}
}

// drift is what has changed on the image since the saved plan was made, beyond
// what the plan itself would do.
func (b *board) drift(e *entry) *Problem {
	want := ecs.Attributes(e.row.Want)
	for a, old := range b.saved.Rows[e.index].Old.All() {
		got := *e.image.Field(a)
		wanted := *want.Field(a)
		if a.Same(got, old) || wanted != "" && a.Same(got, wanted) || a == ecs.ImageName && e.own {
			continue
		}
		return &Problem{
			Code:    ChangedSincePlan,
			Message: fmt.Sprintf("%s has %s %q, the plan was made when it had %q", e.row.ImageID, a, got, old),
		}
	}
	return nil
}

// blockSaved blocks the rows that the saved plan puts behind one that is held
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

// blockChain blocks a chain's rows from the first that is held back on; all of
// them where the chain is a ring or waits for another that has such a row.
func (b *board) blockChain(c *Chain, stoppers map[int]*entry) {
	var stopper *entry
	for _, other := range c.After {
		if stopper = b.stopper(other, stoppers); stopper != nil {
			break
		}
	}
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

// stopper returns a row of the chain, or of one it waits for, that is held
// back; nil if there is none.
func (b *board) stopper(chain int, known map[int]*entry) *entry {
	if e, ok := known[chain]; ok {
		return e
	}
	known[chain] = nil // a circle, which no plan of ours has, ends here
	c := &b.saved.Chains[chain]
	e := b.heldIn(c)
	for i := 0; e == nil && i < len(c.After); i++ {
		e = b.stopper(c.After[i], known)
	}
	known[chain] = e
	return e
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

// Abandoned is the code of rows that were not done, and mostly not tried,
// because the run was closed.
const Abandoned = "Abandoned"

// OnlyOpen returns the plan for closing a run: rings that were left open are
// finished, and nothing else is begun.
func (p *Plan) OnlyOpen() *Plan {
	closing := &Plan{Lanes: p.Lanes, Rows: slices.Clone(p.Rows)}
	kept := make(map[int]bool)
	for _, c := range p.Chains {
		if !c.Open {
			continue
		}
		c.After = nil
		closing.Chains = append(closing.Chains, c)
		for _, s := range c.Steps {
			kept[s.Row] = true
		}
	}
	for i := range closing.Rows {
		if r := &closing.Rows[i]; r.Verdict == Planned && !kept[i] {
			r.Verdict = Pending
			r.Problem = &Problem{Code: Abandoned, Message: "the run was closed before the row was done"}
		}
	}
	return closing
}
