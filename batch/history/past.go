package history

import "imgrename/batch/ecs"

// A Past is what earlier processes did for one row.
type Past struct {
	Attempts int32  // calls that count, as in [Result]
	Started  Moment // when the first was due
	Sent     bool   // a call may have taken effect
	// Made are the attributes that acknowledged calls have set, or that were
	// read as set; Unsure are those of calls whose fate is not known.
	Made, Unsure ecs.Fields
	// RequestID is that of the last call that the API acknowledged.
	RequestID string
	// Name is the name that this call gave, "" if it is the desired one. Until
	// the row has a result it may be the old name or a temporary one.
	Name string
	// Late is the call that may still take effect, nil if there is none.
	Late *LateCall
}

// Edits returns the attributes that the row's calls have set to the desired
// values, and those of which that is not known. wanted is the desired name.
func (p *Past) Edits(wanted string) (edited, unsure ecs.Fields) {
	if p.Name == "" || !p.Made.Has(ecs.ImageName) {
		return p.Made, p.Unsure
	}
	return named(p.Made, p.Unsure, p.Name, wanted)
}

// lost notes a call whose answer is not known.
func (p *Past) lost(call LateCall) {
	p.Attempts++
	p.Sent = true
	p.Unsure |= unsure(call.Set, p.Made)
	if p.Late != nil {
		call = p.Late.And(call)
	}
	p.Late = &call
}

// took notes an acknowledged call.
func (p *Past) took(set ecs.Attributes) {
	p.Made, p.Unsure = p.Made|set.Fields(), p.Unsure&^set.Fields()
	if set.ImageName != "" {
		p.Name = set.ImageName
	}
}

// ended notes a result: the process that decided it had read the image, or says
// what it was not sure of.
func (p *Past) ended(r *Result) {
	p.Name = ""
	if r.Outcome.Succeeded() {
		p.Made, p.Unsure = p.Made|p.Unsure, 0
	} else {
		p.Made, p.Unsure = r.Edited, r.Unsure
	}
}

// answered notes the answer to a call, which is the zero one if it is not known.
func (p *Past) answered(r Record, call LateCall) {
	switch r.Class {
	case ecs.Throttled, ecs.Expired, ecs.Skewed:
		return
	case ecs.Ambiguous, ecs.Undecided:
		p.lost(call)
		return
	case ecs.Applied:
		p.Sent = true
		p.RequestID = r.RequestID
		p.took(call.Set)
	case ecs.Unsent, ecs.Busy, ecs.Duplicated, ecs.Refused, ecs.Forbidden, ecs.Down:
	}
	p.Attempts++
}
