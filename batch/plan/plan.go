package plan

import (
	"imgrename/batch/ecs"
	"imgrename/manifest"
)

// A Lane is one account in one region: the unit of name uniqueness and quota.
type Lane struct {
	Account string `json:"account"`
	Region  string `json:"region"`
}

// String is the lane as messages name it.
func (l Lane) String() string { return l.Account + "/" + l.Region }

// place is the lane in a sentence.
func (l Lane) place() string { return l.Region + " of account " + l.Account }

// An Inventory is a lane with all its own images, in every status.
type Inventory struct {
	Lane   Lane
	Images []ecs.Image
	// Foreign are ids that the manifest names and the region knows, but that
	// belong to someone else: public, bought or shared with us. It may be
	// left empty; such images then count as not there.
	Foreign []string
	// Unread is why the lane could not be listed; Images is empty then.
	Unread error
}

// A Request is one manifest row and the lane it is for, an index into the
// inventories.
type Request struct {
	*manifest.Row
	Lane int
}

// A Plan is what is to be done, in order. It points into the manifest rows and
// the images it was made of: none of them may be changed while it is in use.
type Plan struct {
	Lanes    []Lane   // as many as there were inventories, in their order
	Rows     []Row    // one for each manifest row, in manifest order
	Chains   []Chain  // units of work; chains are independent but for After
	Risks    []Notice // what has to be allowed by name
	Warnings []Notice // what is only said
}

// A Row is what becomes of one manifest row.
type Row struct {
	Request
	// ImageID is the image, also where the manifest gave only a name. It is
	// empty if that name was not found.
	ImageID string
	// Old is the image as listed; never nil, zero if there is no such image
	// (after Compare: as the saved plan has it). Where the image is under this
	// row's own temporary name, the name is the one it had before, empty if
	// nothing tells.
	Old *ecs.Attributes
	// Verdict is Planned, Unchanged, Refused, Conflict, Blocked, Failed,
	// Pending or Stranded.
	Verdict Outcome
	Problem *Problem // why, unless Planned or Unchanged
}

// A Chain is the steps that one worker does in order: one row, a path of rows
// whose names depend on each other, or a closed ring.
type Chain struct {
	Lane int
	// Ring tells that the steps close a ring: one image is parked on the way.
	Ring bool
	// Open tells that one of the images is under its row's own temporary name
	// already: a ring that an earlier run has left open.
	Open  bool
	Steps []Step
	// After lists chains that must have ended before this one starts, because
	// this one deprecates an image of a family they bring an image into. The
	// slice may be shared between chains.
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

// Totals counts the verdicts.
func (p *Plan) Totals() Totals {
	var t Totals
	for i := range p.Rows {
		t[p.Rows[i].Verdict]++
	}
	return t
}

// Calls is the number of writes the plan takes if nothing goes wrong: one for
// each planned row, one for each ring, one for each ring member with edits
// besides its name.
func (p *Plan) Calls() int {
	n := 0
	for i := range p.Chains {
		n += len(p.Chains[i].Steps)
	}
	return n
}
