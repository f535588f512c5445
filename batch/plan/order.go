package plan

import (
	"cmp"
	"slices"
	"strings"

	"imgrename/batch/ecs"
)

// link finds for every wanted name the row that frees it. If none does, the row
// that wants the name is refused, and no other.
func (b *board) link() {
	for i := range b.entries {
		e := &b.entries[i]
		if !e.moves() {
			continue
		}
		h := b.byName[e.set.ImageName]
		if h == nil {
			continue
		}
		if twin := b.doubled[e.set.ImageName]; twin != nil {
			e.hold(Refused, taken(e, twin)) // nothing is built on a listing that contradicts itself
			continue
		}
		if h.entry == nil || !h.entry.wantsAway() {
			e.hold(Refused, taken(e, h))
			continue
		}
		e.waitsFor, h.entry.waiter = h.entry, e
	}
}

// block holds back every row that waits, directly or not, for a row that is held
// back: its name will not be freed. Every row is blocked at most once, so all
// walks together take linear time.
func (b *board) block() {
	for i := range b.entries {
		e := &b.entries[i]
		for e.held() && e.waiter != nil && !e.waiter.held() {
			e.waiter.hold(Blocked, waits(e.waiter, e))
			e = e.waiter
		}
	}
}

// chain puts the planned rows into chains, in the order of their first rows.
func (b *board) chain() {
	for i := range b.entries {
		e := &b.entries[i]
		if e.row.Verdict != Planned || e.done {
			continue
		}
		if head, ring := e.head(); ring {
			b.closeRing(e)
		} else {
			b.addPath(head)
		}
	}
}

// head follows waitsFor to the row that waits for none. If that leads back to e,
// it is a ring.
func (e *entry) head() (head *entry, ring bool) {
	head = e
	for head.waitsFor != nil {
		if head = head.waitsFor; head == e {
			return e, true
		}
	}
	return head, false
}

// addPath adds the chain that begins at head, whose name is free: each row
// moves into the place of the one before it.
func (b *board) addPath(head *entry) {
	n := 0
	for e := head; e != nil; e = e.waiter {
		n++
	}
	c := Chain{Lane: b.at, Steps: make([]Step, 0, n)}
	for e := head; e != nil; e = e.waiter {
		c.Steps = append(c.Steps, Step{Row: e.index, Set: e.set})
		c.Open = c.Open || e.own
		e.done = true
	}
	b.plan.Chains = append(b.plan.Chains, c)
}

// closeRing adds the ring that e is in. All edits but the names come first: if
// the API refuses a value, every image still has its name. Then one image is
// parked, the others move up one by one, and the parked one takes the last name.
func (b *board) closeRing(e *entry) {
	members := ringOf(e)
	parked, holder := b.choose(members)
	if parked < 0 {
		for _, m := range members {
			m.done = true
			m.hold(Refused, problem(TemporaryNameTaken, holder,
				"%s is in a cycle of names that cannot be opened: %s has the temporary name", m.row.ImageID, holder))
		}
		return
	}
	// The row that wants the parked image's name is the first to move.
	members = slices.Concat(members[parked+1:], members[:parked+1])
	last := members[len(members)-1]
	temporary := b.temporaryName(last.image, last.set.ImageName)
	c := Chain{Lane: b.at, Ring: true, Steps: edits(members)}
	c.Steps = append(c.Steps, Step{Row: last.index, Set: &ecs.Attributes{ImageName: temporary}, Park: true})
	for _, m := range members {
		m.done = true
		c.Steps = append(c.Steps, Step{Row: m.index, Set: nameOf(m.set)})
	}
	b.plan.Chains = append(b.plan.Chains, c)
}

// ringOf lists a ring's rows, each followed by the one that waits for it.
func ringOf(e *entry) []*entry {
	members := []*entry{e}
	for m := e.waiter; m != e; m = m.waiter {
		members = append(members, m)
	}
	return members
}

// edits returns the steps that send everything but the names.
func edits(members []*entry) []Step {
	var steps []Step
	for _, m := range members {
		rest := *m.set
		if rest.ImageName = ""; rest != (ecs.Attributes{}) {
			steps = append(steps, Step{Row: m.index, Set: &rest})
		}
	}
	return steps
}

func nameOf(set *ecs.Attributes) *ecs.Attributes {
	name := ecs.Attributes{ImageName: set.ImageName}
	if name == *set {
		return set
	}
	return &name
}

// choose picks the image to park, whose absence from its name does least harm:
// not shared or published, not in a family, then the smallest id. It skips members whose
// temporary name another image has; if none is left, it returns -1 and the id of
// such an image.
func (b *board) choose(members []*entry) (index int, holder string) {
	index = -1
	for i, m := range members {
		if h := b.byName[b.temporaryName(m.image, m.set.ImageName)]; h != nil {
			holder = h.ID
			continue
		}
		if index < 0 || lessHarm(m, members[index]) < 0 {
			index = i
		}
	}
	return index, holder
}

func lessHarm(a, b *entry) int {
	harm := func(e *entry) int {
		n := 0
		if e.image.Shared || e.image.Public {
			n += 2
		}
		if e.image.ImageFamily != "" || e.set.ImageFamily != "" {
			n++
		}
		return n
	}
	return cmp.Or(cmp.Compare(harm(a), harm(b)), strings.Compare(a.image.ID, b.image.ID))
}
