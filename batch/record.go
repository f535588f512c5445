package batch

import (
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// A Journal keeps what a run sends, so that another process can finish the run
// if this one dies at any instant. An error is final: no further call is sent.
// It must be safe for concurrent use.
type Journal interface {
	// Commit returns when the record is on disk.
	Commit(Record) error
	// Append adds a record that may be lost with the process, if that dies soon.
	Append(Record) error
}

// A Record is one entry of the journal: that a call is about to be sent, what
// its answer was, or how a row ended. Rows are counted as the run's first plan has them.
type Record struct {
	Kind RecordKind `json:"kind"`
	At   time.Time  `json:"at"`
	Row  int        `json:"row"`
	// Set is what an intent sends.
	Set *ecs.Attributes `json:"set,omitempty"`
	// Class and RequestID are the answer's.
	Class     ecs.Class `json:"class,omitempty"`
	RequestID string    `json:"request_id,omitempty"`
	// Result is how a row ended.
	Result *Result `json:"result,omitempty"`
}

// A RecordKind tells intents from answers.
type RecordKind string

// The kinds of records.
const (
	Intent RecordKind = "intent" // durable before the call is sent
	Answer RecordKind = "answer" // written after, not waited for
	// Withdrawn: the call of the last intent was not sent after all.
	Withdrawn RecordKind = "withdrawn"
	Ended     RecordKind = "ended" // a row's result, as it is decided
)

// A Past is what earlier processes did for one row.
type Past struct {
	Attempts int32  // calls that count, as in [Result]
	Started  Moment // when the first was due
	Sent     bool   // a call may have been applied
	// Made are the attributes that acknowledged calls have set, or of which that
	// was read; Unsure those of calls whose fate is not known.
	Made, Unsure ecs.Fields
	// RequestID is that of the last call the API acknowledged.
	RequestID string
	// Name is the one that it gave, "" if it is the desired one: it may be the
	// old or a temporary one until the row has a result.
	Name string
	// Late is what may still land; zero if there is nothing.
	Late Late
}

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
		if r.Set == nil {
			r.Set = new(ecs.Attributes)
		}
		if p.open != nil {
			p.lost(*p.open)
		}
		if p.started.IsZero() {
			p.started = MomentOf(r.At)
		}
		p.open = &Late{At: r.At, Set: *r.Set}
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

// A Rebuild makes the results of a run of its plan and its journal.
type Rebuild struct {
	plan    *plan.Plan
	history History
	results []Result // Undecided where the journal has none
}

// NewRebuild returns the rebuild of a run whose journal is empty.
func NewRebuild(p *plan.Plan) *Rebuild {
	return &Rebuild{plan: p, results: make([]Result, len(p.Rows))}
}

// Recall takes in the next record of the journal.
func (b *Rebuild) Recall(r Record) {
	b.history.Recall(r)
	switch {
	case r.Row < 0 || r.Row >= len(b.results):
	case r.Kind == Ended && r.Result != nil:
		b.results[r.Row] = *r.Result
	case r.Kind == Intent: // whatever was decided: a later process took it up again
		b.results[r.Row] = Result{}
	}
}

// Results is how each row ended, the journal having come to its end. A row of
// which the journal has no result was not tried, or, if a call was sent for it,
// its fate is not known.
func (b *Rebuild) Results() []Result {
	for i := range b.results {
		if b.results[i].Outcome == plan.Undecided {
			b.results[i] = unfinished(&b.plan.Rows[i], b.history.rows[i].past())
		}
	}
	return b.results
}

// unfinished is the result of a row that no process has decided.
func unfinished(row *plan.Row, past Past) Result {
	switch {
	case row.Problem != nil:
		return Result{Outcome: row.Verdict, Code: row.Problem.Code, Message: row.Problem.Message}
	case row.Verdict != plan.Planned:
		return Result{Outcome: row.Verdict}
	case past.Sent:
		edited, unsure := past.edits(row.Want.ImageName)
		return Result{
			Outcome: plan.Unknown, Code: codeLost, Message: "the run ended before the result was established",
			Attempts: past.Attempts, Started: past.Started, Edited: edited, Unsure: unsure,
		}
	}
	return Result{Outcome: plan.Pending, Code: Stopped, Message: "the run ended first", Attempts: past.Attempts, Started: past.Started}
}

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

// edits are the attributes that the row's calls have set to the desired values,
// and those of which that is not known.
func (p *Past) edits(wanted string) (edited, unsure ecs.Fields) {
	if p.Name == "" || !p.Made.Has(ecs.ImageName) {
		return p.Made, p.Unsure
	}
	return named(p.Made, p.Unsure, p.Name, wanted)
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

// intend makes a call known before it is sent.
func (a *attempt) intend() error {
	if a.Journal == nil {
		return nil
	}
	set := a.send
	err := a.Journal.Commit(Record{Kind: Intent, At: time.Now().UTC(), Row: a.Row, Set: &set})
	return a.kept(err)
}

// note keeps the answer to a call.
func (a *attempt) note(class ecs.Class, requestID string) {
	if a.Journal == nil {
		return
	}
	_ = a.kept(a.Journal.Append(Record{Kind: Answer, At: time.Now().UTC(), Row: a.Row, Class: class, RequestID: requestID}))
}

// withdraw tells that the call of the last intent is not sent.
func (a *attempt) withdraw() {
	if a.Journal != nil {
		_ = a.kept(a.Journal.Append(Record{Kind: Withdrawn, At: time.Now().UTC(), Row: a.Row}))
	}
}

// keep writes down how a row ended, for the report of a run whose process is
// gone.
func (r *run) keep(row int, result Result) {
	if r.Journal != nil {
		_ = r.kept(r.Journal.Append(Record{Kind: Ended, At: time.Now().UTC(), Row: row, Result: &result}))
	}
}

// A JournalError is the cause of a run that stopped because its journal could
// not be written.
type JournalError struct{ Err error }

func (e *JournalError) Error() string { return "the journal could not be written: " + e.Err.Error() }

func (e *JournalError) Unwrap() error { return e.Err }

// kept stops the run if the journal failed.
func (r *run) kept(err error) error {
	if err == nil {
		return nil
	}
	broken := &JournalError{err}
	r.stopRun(broken)
	return broken
}

// credit gives a row what earlier processes did for it: an image that is as
// desired after a call of ours was changed by us. Such a row is still to be
// confirmed: the listing that shows it may be older than a late call.
func (r *run) credit(row int) (confirm bool) {
	p, ok := r.Past[row]
	if !ok {
		return false
	}
	result := &r.results[row]
	result.Attempts, result.Started = p.Attempts, p.Started
	r.recalled(row, p)
	if r.Plan.Rows[row].Verdict == plan.Unchanged && p.Sent {
		result.Outcome, result.RequestID, result.Finished = plan.Applied, p.RequestID, now()
		return true
	}
	return false
}
