package plan

import (
	"cmp"
	"slices"
	"strings"

	"imgrename/batch/ecs"
)

// A board is one lane while it is planned. It is used for one lane after the
// other, to keep its maps.
type board struct {
	plan, saved *Plan
	agreed      map[int][]int // the saved plan's chains, by lane
	at          int           // the lane
	lane        *Inventory
	entries     []entry            // its rows, in manifest order
	holders     []holder           // its images, by id
	byID        map[string]*holder // every image
	byName      map[string]*holder // who has a name
	doubled     map[string]*holder // who else has it: a listing that contradicts itself
	wanted      map[string]*entry  // who is to get a name
	foreign     map[string]bool    // ids of other accounts' images
	parked      map[string]*holder // images under temporary names, by the part that tells the desired name
	edits       ecs.Attributes     // for each attribute that planned rows set, one of the values
}

// A holder is an image, which holds a name, and the row that speaks of it.
type holder struct {
	*ecs.Image
	entry *entry // nil if no row does
}

// An entry is a row while its lane is planned.
type entry struct {
	row   *Row
	index int             // in Plan.Rows
	image *ecs.Image      // nil if there is none
	set   *ecs.Attributes // what has to be sent; nil unless something has
	// waitsFor holds the wanted name and moves first; waiter wants the name
	// this one frees. Names being unique, there is at most one of each.
	waitsFor, waiter *entry
	own              bool // the image is under this row's temporary name
	done             bool // it is in a chain
}

// newBoard returns a board that is to be filled by set, with room for the largest
// of the lanes that have rows.
func newBoard(p, saved *Plan, lanes []Inventory, members [][]int32) *board {
	rows, images := 0, 0
	for i := range lanes {
		if n := len(members[i]); n > 0 {
			rows, images = max(rows, n), max(images, len(lanes[i].Images))
		}
	}
	return &board{
		plan: p, saved: saved,
		byID: make(map[string]*holder, images), byName: make(map[string]*holder, images),
		doubled: make(map[string]*holder), parked: make(map[string]*holder),
		wanted: make(map[string]*entry, rows), foreign: make(map[string]bool),
	}
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

// place indexes the images.
func (b *board) place(images []*ecs.Image) {
	clear(b.byID)
	clear(b.byName)
	clear(b.doubled)
	clear(b.parked)
	b.holders = slices.Grow(b.holders[:0], len(images))[:len(images)]
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

// sorted returns the images by id, each once, whatever order they came in.
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

// compareImages orders by id. The rest matters only where a listing has one
// image twice, which must not let its order decide.
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

// letGo gives the rows old values of their own, so that the listing, which may
// be much longer than the plan, can be freed.
func (b *board) letGo() {
	old := make([]ecs.Attributes, len(b.entries))
	for i := range b.entries {
		if e := &b.entries[i]; e.image != nil && e.row.Old == &e.image.Attributes {
			old[i] = e.image.Attributes
			e.row.Old = &old[i]
		}
	}
}

// decide plans the lane: what each row means by itself, then who waits for
// whom, then the order, then what a person should know of it.
func (b *board) decide() {
	if b.lane.Unread != nil {
		b.giveUp()
		return
	}
	b.find()
	b.judge()
	b.link()
	b.block()
	first := len(b.plan.Chains)
	b.chain()
	b.strand()
	b.survey()
	b.sortFamilies(first)
	b.assess()
	b.warn()
}

// strand tells the rows apart that are held back while their image is under
// its temporary name: that has to be said, not that they wait for something.
func (b *board) strand() {
	for i := range b.entries {
		if e := &b.entries[i]; e.own && e.held() {
			e.row.Verdict, e.row.Problem = Stranded, left(e)
		}
	}
}

// giveUp gives all rows of a lane that could not be read the same verdict.
func (b *board) giveUp() {
	verdict, problem := unread(b.lane.Unread)
	for i := range b.entries {
		e := &b.entries[i]
		if len(e.row.Invalid) > 0 {
			e.hold(Refused, invalid(e.row))
		}
		b.recall(e)
		e.hold(verdict, problem)
	}
}
