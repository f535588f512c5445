package batch

import (
	"time"

	"imgrename/batch/ecs"
)

// A History is what a journal tells, taken in record by record so that they need
// not be held at once. The zero value is that of an empty journal.
type History struct {
	rows map[int]recalled
	last time.Time // of the last record
}

// A recalled row is a Past that takes little room: most calls had an answer.
type recalled struct {
	attempts     int32
	started      Moment
	sent         bool
	made, unsure ecs.Fields
	requestID    string
	name         string
	late, open   *Late // what may still land, and the call that has no answer yet
}

// Recall takes in the next record of the journal.
func (h *History) Recall(r Record) {
	if h.rows == nil {
		h.rows = make(map[int]recalled)
	}
	h.last = r.At
	p, known := h.rows[r.Row]
	switch r.Kind {
	case Ended:
		if !known || r.Result == nil {
			return // nothing was sent
		}
		p.ended(r.Result)
	case Intent:
		p.intended(r)
	case Answer:
		p.answered(r)
		p.open = nil
	case Withdrawn:
		p.open = nil
	}
	h.rows[r.Row] = p
}

// Past is what became of each row, the journal having come to its end. A call
// without an answer counts as one whose fate is open.
func (h *History) Past() map[int]Past {
	past := make(map[int]Past, len(h.rows))
	for row, p := range h.rows {
		past[row] = p.past()
	}
	return past
}

// SettledAt is when no call of the journal can land any more and reads have
// caught up with those that did: from then on a listing tells what became of
// them. It is the zero time if the journal has no records.
func (h *History) SettledAt(settle time.Duration) (at time.Time) {
	if h.last.IsZero() {
		return at
	}
	at = h.last.Add(min(settle, readLag))
	if late := h.LastLate(); !late.IsZero() && late.Add(settle).After(at) {
		at = late.Add(settle)
	}
	return at
}

// LastLate is when the last call went out that may still land, zero if none may.
func (h *History) LastLate() (last time.Time) {
	for _, p := range h.rows {
		for _, call := range []*Late{p.late, p.open} {
			if call != nil && call.At.After(last) {
				last = call.At
			}
		}
	}
	return last
}

// readLag is how far reads may lag behind writes.
const readLag = confirmReads * confirmPause

// past is what became of a row.
func (p recalled) past() Past {
	if p.open != nil {
		p.lost(*p.open)
	}
	past := Past{
		Attempts: p.attempts, Started: p.started, Sent: p.sent, Made: p.made, Unsure: p.unsure,
		RequestID: p.requestID, Name: p.name,
	}
	if p.late != nil {
		past.Late = *p.late
	}
	return past
}

// intended notes a call that is about to be sent. One that has no answer yet will
// get none: its process is gone.
func (p *recalled) intended(r Record) {
	if p.open != nil {
		p.lost(*p.open)
	}
	if p.started.IsZero() {
		p.started = MomentOf(r.At)
	}
	p.open = &Late{At: r.At}
	if r.Set != nil {
		p.open.Set = *r.Set
	}
}

// lost notes a call whose answer is not known.
func (p *recalled) lost(call Late) {
	p.attempts++
	p.sent = true
	p.unsure |= unsure(call.Set, p.made)
	if p.late != nil {
		call = p.late.and(call)
	}
	p.late = &call
}

// took notes an acknowledged call.
func (p *recalled) took(set ecs.Attributes) {
	p.made, p.unsure = p.made|set.Fields(), p.unsure&^set.Fields()
	if set.ImageName != "" {
		p.name = set.ImageName
	}
}

// ended notes a result: the process that decided it had read the image, or says
// of what it was not sure.
func (p *recalled) ended(r *Result) {
	p.name = ""
	if good(r.Outcome) {
		p.made, p.unsure = p.made|p.unsure, 0
	} else {
		p.made, p.unsure = r.Edited, r.Unsure
	}
}

// answered notes the answer to the call that has none yet.
func (p *recalled) answered(r Record) {
	switch r.Class {
	case ecs.Throttled, ecs.Expired, ecs.Skewed:
		return
	case ecs.Ambiguous, ecs.Undecided:
		var call Late
		if p.open != nil {
			call = *p.open
		}
		p.lost(call)
		return
	case ecs.Applied:
		p.sent = true
		p.requestID = r.RequestID
		if p.open != nil {
			p.took(p.open.Set)
		}
	case ecs.Unsent, ecs.Busy, ecs.Duplicated, ecs.Refused, ecs.Forbidden, ecs.Down:
	}
	p.attempts++
}
