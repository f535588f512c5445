package history

import "time"

// A Replay reads a journal record by record, so that its records need not be
// held at once. The zero value has read none.
type Replay struct {
	// Now is when the journal is read: its times count by this clock, as late as
	// they can have been; see [Instant.Latest]. If it is zero they are as they
	// were written.
	Now Instant
	// Alone is since when only this process has written; zero if that is not known.
	Alone time.Time
	boot  string // of the process that wrote the records
	rows  map[int]Past
	open  map[int]LateCall // calls that have no answer yet, by row
	last  time.Time        // of the last record, by Now
}

// Add reads the next record of the journal.
func (r *Replay) Add(rec Record) {
	if r.rows == nil {
		r.rows, r.open = make(map[int]Past), make(map[int]LateCall)
	}
	if rec.Kind == Opened {
		if rec.Process != nil {
			r.boot = rec.Process.Boot
		}
		return
	}
	if at := r.at(rec); at.After(r.last) {
		r.last = at
	}
	p, known := r.rows[rec.Row]
	switch rec.Kind {
	case Ended:
		if !known || rec.Result == nil {
			return // nothing was sent
		}
		p.ended(rec.Result)
	case Intent:
		r.intended(&p, rec)
	case Answer:
		p.answered(rec, r.open[rec.Row])
		delete(r.open, rec.Row)
	case Withdrawn:
		delete(r.open, rec.Row)
	}
	r.rows[rec.Row] = p
}

// intended notes a call that is about to be sent. If one is open already, its
// answer will never come: the process that sent it is gone.
func (r *Replay) intended(p *Past, rec Record) {
	if call, ok := r.open[rec.Row]; ok {
		p.lost(call)
	}
	if p.Started.IsZero() {
		p.Started = MomentOf(rec.At)
	}
	call := LateCall{At: r.at(rec)}
	if rec.Set != nil {
		call.Set = *rec.Set
	}
	r.open[rec.Row] = call
}

// at returns when a record was written.
func (r *Replay) at(rec Record) time.Time {
	if r.Now.At.IsZero() {
		return rec.At
	}
	return r.Now.Latest(Instant{At: rec.At, Boot: r.boot, Up: rec.Up}, r.Alone)
}

// Past returns what became of each row, once the whole journal has been added.
// The fate of a call without an answer counts as open. The map is the replay's
// own: the caller may read it, and adds no record after that.
func (r *Replay) Past() map[int]Past {
	for row, call := range r.open {
		p := r.rows[row]
		p.lost(call)
		r.rows[row] = p
	}
	clear(r.open)
	return r.rows
}

// SettledAt returns when no call of the journal can take effect any more and
// reads have caught up with those that did: from then on a listing tells what
// became of them. It is the zero time if the journal has no records.
func (r *Replay) SettledAt(settle time.Duration) (at time.Time) {
	if r.last.IsZero() {
		return at
	}
	at = r.last.Add(min(settle, ReadLag))
	if late := r.LastLate(); !late.IsZero() && late.Add(settle).After(at) {
		at = late.Add(settle)
	}
	return at
}

// LastLate returns when the last call was sent that may still take effect, the
// zero time if there is none.
func (r *Replay) LastLate() (last time.Time) {
	for _, call := range r.open {
		if call.At.After(last) {
			last = call.At
		}
	}
	for _, p := range r.rows {
		if p.Late != nil && p.Late.At.After(last) {
			last = p.Late.At
		}
	}
	return last
}
