package plan

import (
	"maps"
	"math"
	"slices"

	"imgrename/batch/ecs"
)

// A family is the chains of a lane that matter to launches by one family.
type family struct {
	joins []int // chains that make an image of it Available, or bring an Available one
	seen  bool
}

// A familyOrder puts chains that deprecate an image of a family after those that
// bring one in, so that a launch finds an image at any time.
//
// Chains of many rows may contradict each other: each brings an image into a
// family of which the other deprecates one. Such a cycle is cut, the same way
// each time: a chain waits only for chains of a lower position.
type familyOrder struct {
	families map[string]*family
	leaves   map[int][]*family // by chain: families that it deprecates an image of
	position map[int]int
	next     int
}

// sortFamilies sets After in the lane's chains.
func (b *board) sortFamilies() {
	deprecates := func(e *entry) bool { return e.set.Status == ecs.Deprecated }
	if b.setting(ecs.Status, deprecates) == nil {
		return
	}
	o := familyOrder{
		families: make(map[string]*family), leaves: make(map[int][]*family), position: make(map[int]int),
	}
	for i := b.first; i < len(b.plan.Chains); i++ {
		for _, s := range b.plan.Chains[i].Steps {
			o.add(i, *b.plan.Rows[s.Row].Old, *s.Set)
		}
	}
	waiting := slices.Sorted(maps.Keys(o.leaves))
	for _, i := range waiting {
		o.visit(i)
	}
	for _, i := range waiting {
		b.plan.Chains[i].After = o.after(i)
	}
}

// add records what an edit of one image means for the families.
func (o *familyOrder) add(chain int, old, set ecs.Attributes) {
	if set.Status == "" && set.ImageFamily == "" {
		return
	}
	if set.Status == ecs.Deprecated && old.ImageFamily != "" {
		f := o.family(old.ImageFamily)
		o.leaves[chain] = append(o.leaves[chain], f)
	}
	if after := old.Apply(set); after.Status == ecs.Available && after.ImageFamily != "" {
		f := o.family(after.ImageFamily)
		if n := len(f.joins); n == 0 || f.joins[n-1] != chain {
			f.joins = append(f.joins, chain)
		}
	}
}

func (o *familyOrder) family(name string) *family {
	f := o.families[name]
	if f == nil {
		f = new(family)
		o.families[name] = f
	}
	return f
}

// visit numbers the chain after all it should wait for. Among those, chains that
// wait for nothing come first, so that a cycle costs no more of the order than it
// must.
func (o *familyOrder) visit(chain int) {
	if _, ok := o.position[chain]; ok {
		return
	}
	o.position[chain] = math.MaxInt // being visited
	for _, f := range o.leaves[chain] {
		if f.seen {
			continue
		}
		f.seen = true
		for _, waiting := range []bool{false, true} {
			for _, other := range f.joins {
				if waiting == (len(o.leaves[other]) > 0) {
					o.visit(other)
				}
			}
		}
	}
	o.position[chain] = o.next
	o.next++
}

// after returns the chains that chain waits for, in order. Chains that wait for
// one family only share its slice: both sides may have many chains.
func (o *familyOrder) after(chain int) []int {
	early := func(other int) bool { return o.position[other] < o.position[chain] }
	late := func(other int) bool { return !early(other) }
	leaves := o.leaves[chain]
	if len(leaves) == 1 && !slices.ContainsFunc(leaves[0].joins, late) {
		return leaves[0].joins
	}
	var all []int
	for _, f := range leaves {
		all = append(all, f.joins...)
	}
	if all = slices.DeleteFunc(all, late); len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	return slices.Compact(all)
}
