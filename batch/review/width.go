package review

import "strconv"

// A width is the numbers of one length among those of a slot.
type width struct {
	edits       []int32
	least, most int
	padded      bool // one begins with 0
}

// maxWidth is how long a number is at most that is compared by its value.
const maxWidth = 18

// number makes the slot a number. Numbers keep their width: the few that are
// shorter or longer than the others become a group of their own, unless counting
// explains them, as in 98, 99, 100.
func (d *divider) number(edits []int32, slot int) {
	var widths [maxWidth + 2]width
	for _, e := range edits {
		widths[min(len(d.digits(e, slot)), maxWidth+1)].add(e, d.digits(e, slot))
	}
	largest := 0
	for n := range widths {
		if len(widths[n].edits) > len(widths[largest].edits) {
			largest = n
		}
	}
	apart := make(map[int]bool)
	for n := range widths {
		w := &widths[n]
		if n != largest && len(w.edits) > 0 && len(w.edits) <= d.few && !w.follows(next(widths[:], n, largest)) {
			apart[n] = true
			d.set(slot, item{kind: number, least: n, most: n})
			d.decide(w.edits, slot+1)
		}
	}
	d.numberOf(edits, slot, apart)
}

// next returns the width after n on the way to another one.
func next(widths []width, n, to int) *width {
	by := 1
	if to < n {
		by = -1
	}
	for n += by; len(widths[n].edits) == 0; n += by {
	}
	return &widths[n]
}

// numberOf makes the slot a number for the edits whose width is not apart.
func (d *divider) numberOf(edits []int32, slot int, apart map[int]bool) {
	it := item{kind: number}
	rest := edits
	if len(apart) > 0 {
		rest = nil
	}
	for _, e := range edits {
		n := len(d.digits(e, slot))
		if apart[min(n, maxWidth+1)] {
			continue
		}
		if len(apart) > 0 {
			rest = append(rest, e)
		}
		if it.least == 0 || n < it.least {
			it.least = n
		}
		it.most = max(it.most, n)
	}
	d.set(slot, it)
	d.decide(rest, slot+1)
}

func (w *width) add(e int32, number string) {
	w.edits = append(w.edits, e)
	w.padded = w.padded || len(number) > 1 && number[0] == '0'
	n, err := strconv.Atoi(number)
	if err != nil || len(number) > maxWidth {
		w.padded = true // too long to be counted
		return
	}
	if len(w.edits) == 1 || n < w.least {
		w.least = n
	}
	w.most = max(w.most, n)
}

// follows reports whether the numbers of w go on where those of other begin, or
// end, as numbers do that count without zeros in front.
func (w *width) follows(other *width) bool {
	if w.padded || other.padded {
		return false
	}
	step := 8 * (1 + (other.most-other.least)/len(other.edits))
	if w.most < other.least {
		return other.least-w.most <= step
	}
	return w.least-other.most <= step
}
