package plan

import (
	"errors"

	"imgrename/batch/ecs"
	"imgrename/manifest"
)

// A Lane is one account in one region: the unit of name uniqueness and quota.
type Lane struct {
	Account string `json:"account"`
	Region  string `json:"region"`
}

// String returns the lane as messages name it, account/region.
func (l Lane) String() string { return l.Account + "/" + l.Region }

// phrase returns the lane as sentences name it.
func (l Lane) phrase() string { return l.Region + " of account " + l.Account }

// An Inventory is a lane with all its own images, in every status.
type Inventory struct {
	Lane   Lane
	Images []ecs.Image
	// Foreign holds ids that the manifest names and the region knows, but
	// whose images another account owns: public, bought or shared with us. If
	// it is left empty, such images count as missing.
	Foreign []string
	// Unread is why the lane could not be listed; Images is empty then.
	Unread error
}

// ErrNotFree is the kind of an [Inventory.Unread] that says what an earlier run
// has left in the lane: nothing is planned there until that is settled.
var ErrNotFree = errors.New("the lane is not free")

// A Request is one manifest row and its lane, an index into the inventories.
type Request struct {
	*manifest.Row
	Lane int
}

// A Plan is what is to be done, in order. It points into the manifest rows, and
// into the saved plan, that it was made of: they must not change while it is in
// use.
type Plan struct {
	Lanes    []Lane   // one for each inventory, in their order
	Rows     []Row    // one for each manifest row, in manifest order
	Chains   []Chain  // units of work, independent but for After
	Risks    []Notice // what must be allowed by name
	Warnings []Notice // what stops nothing
	// Parked are the rows whose images other runs have left under temporary names
	// and whose names from before are known to the caller. New leaves it empty.
	Parked []Parked
}

// A Parked is a row and the name that its image had before another run gave it a
// temporary one.
type Parked struct {
	Row  int    `json:"row"` // index into Plan.Rows
	Name string `json:"name"`
}

// A Row is what becomes of one manifest row.
type Row struct {
	Request
	// ImageID is the image's id, also where the manifest gave only a name. It
	// is empty if no image was found by that name.
	ImageID string
	// Old is the image as listed; never nil. If there is no such image it is
	// zero (after Compare: as in the saved plan). If the image is under this
	// row's own temporary name, Old has the name from before, empty if that is
	// not known.
	Old *ecs.Attributes
	// Verdict is Planned, Unchanged, Refused, Conflict, Blocked, Failed,
	// Pending or Stranded.
	Verdict Outcome
	Problem *Problem // why, unless Planned or Unchanged
}

// OldName returns the name that the row's image had before, never a temporary one:
// "" if another run has left the image under one; see [Plan.Unparked].
func (r *Row) OldName() string {
	if IsTemporary(r.Old.ImageName) {
		return ""
	}
	return r.Old.ImageName
}

// Unparked returns row i with other old values, as reports show it: if another run
// has left its image under a temporary name, with the name from before that, as far
// as it is known.
func (p *Plan) Unparked(i int, old *ecs.Attributes) Row {
	row := p.Rows[i]
	row.Old = old
	for _, parked := range p.Parked {
		if parked.Row == i {
			named := *old
			named.ImageName = parked.Name
			row.Old = &named
		}
	}
	return row
}

// A Chain is the steps that one worker does in order: one row, a path of rows
// whose names depend on each other, or a closed ring.
type Chain struct {
	Lane int
	// Ring is set if the steps close a ring: one image is parked on the way.
	Ring bool
	// Open is set if one of the images already has its row's own temporary
	// name: an earlier run left the ring open.
	Open  bool
	Steps []Step
	// Home brings the image that an earlier run left parked out of its temporary
	// name if the steps fail, or if there are none: images that were moved for it
	// go back and it gets its old name, or it gets the desired one. It is the last
	// step. Only [Rest] fills it in.
	Home []Step
	// After lists chains that must have ended before this one starts: they
	// bring an image into a family of which this one deprecates an image.
	// Chains may share the slice.
	After []int
}

// A Step is one call.
type Step struct {
	Row  int             // index into Plan.Rows
	Set  *ecs.Attributes // what is sent; never nil
	Park bool            // Set holds a temporary name
}

// Totals counts rows by outcome: totals[Planned] is the number planned.
type Totals [outcomeCount]int

// Counts returns the totals that are not 0, by the outcome's word.
func (t Totals) Counts() map[string]int {
	counts := make(map[string]int)
	for _, o := range Outcomes() {
		if t[o] > 0 {
			counts[o.String()] = t[o]
		}
	}
	return counts
}

// Failures counts the rows that cannot be done; see [Outcome.Failure].
func (t Totals) Failures() (n int) {
	for _, o := range Outcomes() {
		if o.Failure() {
			n += t[o]
		}
	}
	return n
}

// Totals counts the verdicts.
func (p *Plan) Totals() Totals {
	var t Totals
	for i := range p.Rows {
		t[p.Rows[i].Verdict]++
	}
	return t
}

// Calls returns the number of writes the plan takes if nothing goes wrong: one
// for each planned row, one for each ring, one for each ring member with edits
// besides its name, and the way home of images whose chain cannot go on.
func (p *Plan) Calls() int {
	n := 0
	for i := range p.Chains {
		c := &p.Chains[i]
		if n += len(c.Steps); len(c.Steps) == 0 {
			n += len(c.Home)
		}
	}
	return n
}
