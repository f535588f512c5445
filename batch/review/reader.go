package review

import (
	"cmp"
	"slices"
	"strings"
)

// A reader makes the pattern of one edit: what both values have in common are
// stars, the digits that are dropped on the left numbers, the digits that are
// new on the right open, and the rest is literal.
type reader struct {
	pair
	region string
	source source
	buffer []byte
	slots  []slot
}

// maxSlots is how many runs of new digits are kept open; others are literal.
const maxSlots = 6

func (r *reader) set(old, new, region, date string) {
	r.pair.set(old, new)
	slices.SortFunc(r.blocks, func(a, b block) int { return cmp.Compare(a.old, b.old) })
	r.region, r.source.date = region, date
}

// key returns the pattern's key, valid until the next call. If regional, words
// that are parts of the region's id stand for them.
func (r *reader) key(regional bool) []byte {
	r.buffer, r.slots, r.source.runs = r.buffer[:0], r.slots[:0], r.source.runs[:0]
	r.left()
	r.buffer = append(r.buffer, mark, keyArrow)
	r.right(regional)
	if r.mixed() {
		r.buffer = appendKey(r.buffer, mixed, 0)
	}
	return r.buffer
}

func (r *reader) left() {
	next := 0
	for i := 0; i < len(r.oldTokens); i++ {
		if next < len(r.blocks) && r.blocks[next].old == i {
			i += r.blocks[next].length - 1
			r.buffer = appendKey(r.buffer, star, next)
			next++
			continue
		}
		t := r.oldTokens[i]
		if t.class != digits {
			r.buffer = appendLiteral(r.buffer, t.in(r.old))
			continue
		}
		r.buffer = appendKey(r.buffer, number, 0)
		if len(r.source.runs) < maxRuns {
			r.source.runs = append(r.source.runs, t.in(r.old))
		}
	}
}

func (r *reader) right(regional bool) {
	for i := 0; i < len(r.newTokens); i++ {
		if r.newUsed>>i&1 == 1 {
			b := slices.IndexFunc(r.blocks, func(b block) bool { return b.new == i })
			i += r.blocks[b].length - 1
			r.buffer = appendKey(r.buffer, star, b)
			continue
		}
		if regional {
			if part, n := r.regionAt(i); n > 0 {
				i += n - 1
				r.buffer = appendKey(r.buffer, region, part)
				continue
			}
		}
		t := r.newTokens[i]
		if t.class != digits || len(r.slots) == maxSlots {
			r.buffer = appendLiteral(r.buffer, t.in(r.new))
			continue
		}
		r.buffer = appendKey(r.buffer, open, 0)
		r.slots = append(r.slots, slot{t.start, t.end, 0})
	}
}

// mixed reports whether a star has a separator that is dropped between stars: a
// name in which only some underscores have become dashes.
func (r *reader) mixed() bool {
	for i := 1; i < len(r.oldTokens)-1; i++ {
		t := r.oldTokens[i]
		if t.class != separator || r.oldUsed>>(i-1)&7 != 0b101 || r.adds(t.in(r.old)) {
			continue
		}
		for _, b := range r.blocks {
			start, end := r.oldTokens[b.old].start, r.oldTokens[b.old+b.length-1].end
			if strings.Contains(r.old[start:end], t.in(r.old)) {
				return true
			}
		}
	}
	return false
}

// adds reports whether a separator is new between what is kept.
func (r *reader) adds(text string) bool {
	for i, t := range r.newTokens {
		if r.newUsed>>i&1 == 0 && t.in(r.new) == text {
			return true
		}
	}
	return false
}

// explain gives the slots of the last key their explanations.
func (r *reader) explain() {
	for i := range r.slots {
		s := &r.slots[i]
		s.reasons = r.source.explain(r.new[s.start:s.end])
	}
}

// regional reports whether a word of the new value that is not kept is a part of
// the region's id.
func (r *reader) regional() bool {
	for i := range r.newTokens {
		if r.newUsed>>i&1 == 0 && r.newTokens[i].class == letters {
			if _, n := r.regionAt(i); n > 0 {
				return true
			}
		}
	}
	return false
}

// regionAt returns which part of the region's id is at a token of the new value,
// 0 for all of it, and how many tokens it has: 0 if there is none.
func (r *reader) regionAt(i int) (part, length int) {
	t := r.newTokens[i]
	if t.class != letters || !strings.Contains(r.region, t.in(r.new)) {
		return 0, 0
	}
	if strings.HasPrefix(r.new[t.start:], r.region) {
		end := t.start + int32(len(r.region))
		for j := i; j < len(r.newTokens) && r.newUsed>>j&1 == 0; j++ {
			if r.newTokens[j].end == end {
				return 0, j - i + 1
			}
		}
	}
	for part := range strings.SplitSeq(r.region, "-") {
		length++
		if part == t.in(r.new) && len(part) > 1 && length < 0x10 {
			return length, 1
		}
	}
	return 0, 0
}

// regionPart returns a part of a region's id by its number from 1, all of it for
// 0.
func regionPart(id string, part int) string {
	if part == 0 {
		return id
	}
	if all := strings.Split(id, "-"); part <= len(all) {
		return all[part-1]
	}
	return ""
}
