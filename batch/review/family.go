package review

import (
	"slices"
	"strings"
)

// A family is the edits whose patterns are the same but for new digits.
type family struct {
	key   string
	count int
	edits []int32 // indexes into survey.edits, in order
	// merged is set if it was made of several: the digits dropped on the left
	// are part of words then, and explain nothing.
	merged bool
}

// A group is edits with one pattern: a rule, if they are many.
type group struct {
	pattern pattern
	edits   []int32
}

// A divider divides one family into groups: it decides, slot after slot, whether
// the new digits are computed, a number or literal.
type divider struct {
	survey  *survey
	family  *family
	pattern pattern
	open    []int // the right side's open items
	few     int
}

func (s *survey) divide(few int) {
	for i := range s.families {
		f := &s.families[i]
		if len(f.edits) == 0 {
			continue
		}
		d := divider{survey: s, family: f, pattern: parse(f.key), few: few}
		for i, it := range d.pattern.right {
			if it.kind == open {
				d.open = append(d.open, i)
			}
		}
		d.decide(f.edits, 0)
	}
}

// decide decides the slots from one on for some edits of the family.
func (d *divider) decide(edits []int32, slot int) {
	if len(edits) == 0 {
		return
	}
	if slot == len(d.open) {
		d.add(edits)
		return
	}
	h := d.histogram(edits, slot)
	if e, n := d.explained(edits, slot, every); n > h.most && 2*n >= len(edits) {
		d.split(edits, slot, e)
		return
	}
	if h.numbers(len(edits)) {
		d.number(edits, slot)
		return
	}
	for _, same := range h.values {
		d.set(slot, item{kind: literal, text: d.digits(same[0], slot)})
		d.decide(same, slot+1)
	}
}

// add adds a group whose slots are decided. If one is a part of a date, literal
// ones that may be the other parts of it are, too: 2026-07-{created:02} is
// {created:2006-01-02}.
func (d *divider) add(edits []int32) {
	right := slices.Clone(d.pattern.right)
	for _, it := range d.pattern.right {
		if it.kind != computed {
			continue
		}
		for slot, i := range d.open {
			if right[i].kind != literal {
				continue
			}
			if e, n := d.explained(edits, slot, explanation(it.n).kin()); n == len(edits) {
				right[i] = item{kind: computed, n: int(e)}
			}
		}
	}
	d.survey.groups = append(d.survey.groups, group{pattern{d.pattern.left, right}, edits})
}

// set makes an item of the slot.
func (d *divider) set(slot int, it item) { d.pattern.right[d.open[slot]] = it }

func (d *divider) slot(e int32, slot int) *slot {
	return &d.survey.slots[int(d.survey.edits[e].slots)+slot]
}

func (d *divider) digits(e int32, slot int) string {
	s := d.slot(e, slot)
	_, value, _ := d.survey.values(&d.survey.plan.Rows[d.survey.edits[e].row])
	return value[s.start:s.end]
}

// explained returns the one of some explanations that most of the edits share,
// and how many do.
func (d *divider) explained(edits []int32, slot int, some uint64) (best explanation, most int) {
	var counts [explanations]int
	for _, e := range edits {
		reasons := d.slot(e, slot).reasons & some
		if d.family.merged {
			reasons &= created.kin()
		}
		for ; reasons != 0; reasons &= reasons - 1 {
			counts[first(reasons)]++
		}
	}
	for e, n := range counts {
		if n > most {
			best, most = explanation(e), n
		}
	}
	return best, most
}

// split decides the slot for the edits that share an explanation, and then for
// the others.
func (d *divider) split(edits []int32, slot int, e explanation) {
	var with, without []int32
	for _, i := range edits {
		if d.slot(i, slot).reasons>>e&1 == 1 {
			with = append(with, i)
		} else {
			without = append(without, i)
		}
	}
	d.set(slot, item{kind: computed, n: int(e)})
	d.decide(with, slot+1)
	d.decide(without, slot)
}

// A histogram is edits by the digits that they have in one slot.
type histogram struct {
	values [][]int32 // by value; empty if they are numbers
	most   int       // how many share the most frequent value
	rare   int       // how many have a value that occurs at most twice
}

// histogram sorts edits by value, since a map of a million serial numbers takes
// more memory than all else.
func (d *divider) histogram(edits []int32, slot int) (h histogram) {
	values := make([]string, len(edits))
	for i, e := range edits {
		values[i] = d.digits(e, slot)
	}
	if !slices.ContainsFunc(values, func(v string) bool { return v != values[0] }) {
		return histogram{values: [][]int32{edits}, most: len(edits)}
	}
	by := make([]int32, len(edits))
	for i := range by {
		by[i] = int32(i)
	}
	slices.SortStableFunc(by, func(a, b int32) int { return strings.Compare(values[a], values[b]) })
	var runs [][]int32
	for start, i := 0, 1; i <= len(by); i++ {
		if i == len(by) || values[by[i]] != values[by[start]] {
			h.count(i - start)
			if 2*h.rare <= len(edits) { // else they are numbers
				runs = append(runs, by[start:i:i])
			}
			start = i
		}
	}
	if !h.numbers(len(edits)) {
		h.values = runs
		for i := range by {
			by[i] = edits[by[i]]
		}
	}
	return h
}

// count counts a value that n edits have.
func (h *histogram) count(n int) {
	h.most = max(h.most, n)
	if n <= 2 {
		h.rare += n
	}
}

// numbers reports whether the values are numbers that differ from row to row:
// most occur once or twice, or none has a quarter of n edits.
func (h *histogram) numbers(n int) bool { return 2*h.rare > n || 4*h.most < n }
