package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"imgrename/batch/ecs"
)

// A board is one lane while it is planned. One board serves all lanes, one after
// the other, so that its maps are reused unless a lane is large.
type board struct {
	plan, saved *Plan
	agreed      map[int][]int // the saved plan's chains, by lane
	leave       func(*board)  // what becomes of images that an earlier run left parked
	at          int           // the lane
	first       int           // of its chains in the plan
	lane        *Inventory
	entries     []entry            // its rows, in manifest order
	holders     []holder           // its images, by id
	byID        map[string]*holder // every image; if the lane is large, nil once all rows have found theirs
	byName      map[string]*holder // who has each name
	doubled     map[string]*holder // who else has a name: a listing that contradicts itself
	wanted      map[string]*entry  // who wants each name
	foreign     map[string]bool    // ids of other accounts' images
	parked      map[string]*holder // images under temporary names, by temporaryStem
	looks       map[string]*holder // images by what their names look like; nil until needed
	edits       ecs.Attributes     // for each attribute that planned rows set, one of the values
}

// A holder is an image, which holds a name, and the row that names the image.
type holder struct {
	*ecs.Image
	entry *entry // nil if no row does
}

// An entry is a row while its lane is planned.
type entry struct {
	row   *Row
	index int             // in Plan.Rows
	image *ecs.Image      // nil if there is none
	set   *ecs.Attributes // what must be sent; nil if nothing must
	// waitsFor holds the wanted name and moves first; waiter wants the name
	// this one frees. Names are unique, so there is at most one of each.
	waitsFor, waiter *entry
	own              bool // the image has this row's temporary name
	done             bool // it is in a chain
}

// hold holds the row back, unless it is held back already.
func (e *entry) hold(verdict Outcome, p *Problem) {
	if e.row.Problem == nil {
		e.row.Verdict, e.row.Problem = verdict, p
	}
}

func (e *entry) held() bool { return e.row.Problem != nil }

// moves reports whether the row is planned and changes its image's name.
func (e *entry) moves() bool { return e.row.Verdict == Planned && e.set.ImageName != "" }

// wantsAway reports whether the row asks for another name for its image, be it
// planned or held back.
func (e *entry) wantsAway() bool {
	return e.row.Want.ImageName != "" && e.row.Want.ImageName != e.image.ImageName
}

// newBoard returns a board without a lane; set puts one on it.
func newBoard(saved *Plan, leave func(*board)) *board {
	return &board{
		saved: saved, leave: leave,
		doubled: make(map[string]*holder), parked: make(map[string]*holder), foreign: make(map[string]bool),
	}
}

// keptImages is the most images a lane may have for its maps to be kept for the
// next lane. Those of a larger lane take too much memory: each is made anew, and
// freed once it is no longer needed.
const keptImages = 50_000

func (b *board) large() bool { return len(b.holders) > keptImages }

// emptied returns an empty map with room for n entries: m, or a new one if m is
// nil or the lane is large.
func emptied[V any](b *board, m map[string]V, n int) map[string]V {
	if m == nil || b.large() {
		return make(map[string]V, n)
	}
	clear(m)
	return m
}

// set puts a lane on the board.
func (b *board) set(at int, lane *Inventory, rows []int32) {
	b.at, b.lane = at, lane
	b.entries = slices.Grow(b.entries[:0], len(rows))[:len(rows)]
	for i, r := range rows {
		b.entries[i] = entry{row: &b.plan.Rows[r], index: int(r)}
	}
	clear(b.foreign)
	for _, id := range lane.Foreign {
		b.foreign[id] = true
	}
	b.place(sorted(lane.Images))
}

func (b *board) place(images []*ecs.Image) {
	b.looks = nil
	clear(b.doubled)
	clear(b.parked)
	b.holders = slices.Grow(b.holders[:0], len(images))[:len(images)]
	b.byID = emptied(b, b.byID, len(images))
	b.byName = emptied(b, b.byName, len(images))
	for i, image := range images {
		h := &b.holders[i]
		*h = holder{Image: image}
		b.byID[image.ID] = h
		b.placeName(h)
	}
}

func (b *board) placeName(h *holder) {
	name := h.ImageName
	switch {
	case name == "":
		return
	case b.byName[name] != nil:
		b.doubled[name] = h
		return
	}
	b.byName[name] = h
	if IsTemporary(name) {
		b.parked[name[:len(name)-hashDigits]] = h
	}
}

// sorted returns the images ordered by id, each once.
func sorted(images []ecs.Image) []*ecs.Image {
	all := make([]*ecs.Image, len(images))
	for i := range images {
		all[i] = &images[i]
	}
	if !slices.IsSortedFunc(all, compareImages) {
		slices.SortFunc(all, compareImages)
	}
	return slices.CompactFunc(all, func(a, b *ecs.Image) bool { return a.ID == b.ID })
}

// compareImages orders by id. The rest matters only if a listing has one image
// twice: which of them is kept must not depend on the listing's order.
func compareImages(a, b *ecs.Image) int {
	if c := strings.Compare(a.ID, b.ID); c != 0 {
		return c
	}
	return cmp.Or(
		strings.Compare(a.ImageName, b.ImageName),
		strings.Compare(a.Status, b.Status),
		strings.Compare(a.ImageFamily, b.ImageFamily),
		strings.Compare(a.Description, b.Description),
		strings.Compare(a.Created, b.Created),
	)
}

// oldAtOnce is how many old values are allocated together: memory that is freed
// meanwhile makes room for the next ones.
const oldAtOnce = 4096

// release gives the rows old values of their own, so that the listing, which may
// be much longer than the plan, can be freed.
func (b *board) release() {
	entries := b.entries
	if b.large() {
		b.entries, b.holders, b.byName, b.wanted, b.looks = nil, nil, nil, nil, nil
	}
	var old []ecs.Attributes
	for i := range entries {
		e := &entries[i]
		if e.image == nil || e.row.Old != &e.image.Attributes {
			continue
		}
		if len(old) == cap(old) {
			old = make([]ecs.Attributes, 0, min(len(entries)-i, oldAtOnce))
		}
		old = append(old, e.image.Attributes)
		e.row.Old = &old[len(old)-1]
	}
}

func (b *board) temporaryName(image *ecs.Image, desired string) string {
	return TemporaryName(b.lane.Lane.Account, b.lane.Lane.Region, image.ID, desired)
}

// survey records which attributes the planned rows set, so that no row is
// searched for the others.
func (b *board) survey() {
	b.edits = ecs.Attributes{}
	for i := range b.entries {
		if e := &b.entries[i]; e.row.Verdict == Planned {
			b.edits = b.edits.Apply(*e.set)
		}
	}
}

// setting returns the planned rows that set the attribute and satisfy fits.
func (b *board) setting(a ecs.Attribute, fits func(*entry) bool) []*entry {
	if *b.edits.Field(a) == "" {
		return nil
	}
	return b.planned(func(e *entry) bool { return *e.set.Field(a) != "" && fits(e) })
}

// planned returns the planned rows that satisfy fits.
func (b *board) planned(fits func(*entry) bool) []*entry {
	var found []*entry
	for i := range b.entries {
		if e := &b.entries[i]; e.row.Verdict == Planned && fits(e) {
			found = append(found, e)
		}
	}
	return found
}

// note adds a notice about the images of the rows found, if there are any.
func (b *board) note(kind Kind, fact string, found []*entry) {
	if found != nil {
		b.add(b.noticeOf(kind, fact, found))
	}
}

func (b *board) add(n Notice) {
	if n.Kind.Risk() {
		b.plan.Risks = append(b.plan.Risks, n)
	} else {
		b.plan.Warnings = append(b.plan.Warnings, n)
	}
}

// noticeOf returns a notice about the images of some rows. Its text is the fact
// and the first few ids.
func (b *board) noticeOf(kind Kind, fact string, entries []*entry) Notice {
	n := Notice{Kind: kind, Lane: b.at, Rows: make([]int, len(entries)), ImageIDs: make([]string, len(entries))}
	for i, e := range entries {
		n.Rows[i], n.ImageIDs[i] = e.index, e.row.ImageID
	}
	n.Text = fact + ": " + enumerate(n.ImageIDs)
	return n
}

// enumerate lists the first few words, and how many more there are.
func enumerate(words []string) string {
	const most = 4
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most-1], ", "), len(words)-most+1)
}
