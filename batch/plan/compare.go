package plan

import (
	"errors"
	"slices"
)

// Compare makes the plan for carrying out a saved one on the images as they
// are now. Its rows are those of the saved plan, on the images resolved then.
//
//   - A row that the saved plan holds back stays held back: it was not approved.
//   - Each value of an image may be the old or the desired one, and its name the
//     row's own temporary name. Anything else is a conflict.
//   - Rows that come after one that is held back now, in its chain or by After,
//     are blocked: the plan was approved as a whole.
//
// The result has the lanes of fresh, in that order, followed by the saved plan's
// lanes that fresh lacks; their rows are pending.
func Compare(saved *Plan, fresh []Inventory) *Plan {
	return newBoard(saved, (*board).strand).compare(fresh)
}

// Rest makes the plan for what is left of a run that an earlier process has
// begun. It is that of [Compare], but an image that was left parked has a way
// home: its old name, if that is free or held by an image that the run moved,
// else the desired one. Where its chain is held back it goes home at once, and
// is stranded only if it cannot.
func Rest(saved *Plan, fresh []Inventory) *Plan {
	return newBoard(saved, (*board).bringHome).compare(fresh)
}

func (b *board) compare(fresh []Inventory) *Plan {
	saved := b.saved
	lanes := slices.Clone(fresh)
	index := make(map[Lane]int, len(lanes))
	for i := range lanes {
		index[lanes[i].Lane] = i // any of one lane's will do
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
	return b.build(rows, lanes)
}

var errNotListed = errors.New("the lane was not listed")

// Abandoned is the code of rows that were not done, and mostly not attempted,
// because their run was closed.
const Abandoned = "Abandoned"

// OnlyOpen returns the plan for closing a run: it finishes the rings that were
// left open and begins nothing else.
func (p *Plan) OnlyOpen() *Plan {
	closing := &Plan{Lanes: p.Lanes, Rows: slices.Clone(p.Rows), Parked: p.Parked}
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
