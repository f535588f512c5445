package plan

import (
	"slices"

	"imgrename/batch/ecs"
)

// bringHome gives each image that is parked a way home. One whose chain is held
// back gets a chain of its own, which has no other steps, or is stranded.
func (b *board) bringHome() {
	open := make(map[int]*Chain)
	for i := b.first; i < len(b.plan.Chains); i++ {
		if c := &b.plan.Chains[i]; c.Open {
			open[c.Steps[len(c.Steps)-1].Row] = c
		}
	}
	var homes []Chain
	for i := range b.entries {
		e := &b.entries[i]
		if !e.own {
			continue
		}
		home := b.wayHome(e)
		switch c := open[e.index]; {
		case c != nil:
			c.Home = home
		case home != nil:
			homes = append(homes, Chain{Lane: b.at, Open: true, Home: home})
		case e.held():
			e.strand()
		}
	}
	b.plan.Chains = append(b.plan.Chains, homes...)
}

// wayHome returns the steps that give a parked image its old name, else those
// that give it the desired one, nil if neither is to be had.
func (b *board) wayHome(e *entry) []Step {
	if steps := b.wayBack(e); steps != nil {
		return steps
	}
	if want := e.row.Want.ImageName; b.byName[want] == nil && !b.spoken(want, e) {
		return []Step{renaming(e, want)}
	}
	return nil
}

// wayBack returns the steps that give a parked image its old name. Whoever has
// moved into it goes back first, and before it who has moved into its place.
func (b *board) wayBack(e *entry) []Step {
	name := e.row.Old.ImageName
	if name == "" {
		return nil
	}
	steps := []Step{renaming(e, name)}
	for h := b.byName[name]; h != nil; h = b.byName[name] {
		if !b.moved(h) || len(steps) > len(b.entries) {
			return nil
		}
		name = b.saved.Rows[h.entry.index].Old.ImageName
		steps = append(steps, renaming(h.entry, name))
	}
	if b.spoken(name, e) {
		return nil
	}
	slices.Reverse(steps)
	return steps
}

// moved reports whether an image has the name that the saved plan gives it
// instead of another one.
func (b *board) moved(h *holder) bool {
	if h.entry == nil {
		return false
	}
	then := &b.saved.Rows[h.entry.index]
	return then.Verdict == Planned && h.ImageName == then.Want.ImageName &&
		then.Old.ImageName != h.ImageName && then.Old.ImageName != "" && b.doubled[h.ImageName] == nil
}

// spoken reports whether a planned row gives the name to an image, and is not of
// the chain that ends with e.
func (b *board) spoken(name string, e *entry) bool {
	wants := b.wanted[name]
	if wants == nil || wants.held() {
		return false
	}
	for ; e != nil; e = e.waitsFor {
		if e == wants {
			return false
		}
	}
	return true
}

func renaming(e *entry, name string) Step {
	return Step{Row: e.index, Set: &ecs.Attributes{ImageName: name}}
}
