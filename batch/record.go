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
	Attempts int       // calls that count, as in [Result]
	Started  time.Time // when the first was due
	Sent     bool      // a call may have been applied
	// RequestID is that of the last call the API acknowledged.
	RequestID string
	// Late is what may still land; zero if there is nothing.
	Late Late
}

// Recall reads from a journal what became of each row. A call without an answer
// counts as one whose fate is open.
func Recall(records []Record) map[int]Past {
	past := make(map[int]Past)
	open := make(map[int]Late) // rows with an intent that has no answer yet
	for _, r := range records {
		p := past[r.Row]
		switch r.Kind {
		case Ended:
		case Intent:
			if r.Set == nil {
				r.Set = new(ecs.Attributes)
			}
			if _, cut := open[r.Row]; cut {
				p.lost(open[r.Row])
			}
			if p.Started.IsZero() {
				p.Started = r.At
			}
			open[r.Row] = Late{At: r.At, Set: *r.Set}
		case Answer:
			p.answered(r, open[r.Row])
			delete(open, r.Row)
		case Withdrawn:
			delete(open, r.Row)
		}
		past[r.Row] = p
	}
	for row, call := range open {
		p := past[row]
		p.lost(call)
		past[row] = p
	}
	return past
}

// SettledAt is when no call of a journal can land any more and reads have caught
// up with those that did: from then on a listing tells what became of them.
func SettledAt(records []Record, settle time.Duration) (at time.Time) {
	if n := len(records); n > 0 {
		at = records[n-1].At.Add(min(settle, readLag))
	}
	for _, p := range Recall(records) {
		if late := p.Late.At.Add(settle); !p.Late.At.IsZero() && late.After(at) {
			at = late
		}
	}
	return at
}

// readLag is how far reads may lag behind writes.
const readLag = confirmReads * confirmPause

// Results rebuilds from a plan and its journal how each row ended. A row of
// which the journal has no result was not tried, or, if a call was sent for it,
// its fate is not known.
func Results(p *plan.Plan, records []Record) []Result {
	results := make([]Result, len(p.Rows))
	past := Recall(records)
	for i := range p.Rows {
		results[i] = unfinished(&p.Rows[i], past[i])
	}
	for _, r := range records {
		if r.Kind == Ended && r.Result != nil && r.Row >= 0 && r.Row < len(results) {
			results[r.Row] = *r.Result
		}
	}
	return results
}

// unfinished is the result of a row that no process has decided.
func unfinished(row *plan.Row, past Past) Result {
	switch {
	case row.Problem != nil:
		return Result{Outcome: row.Verdict, Code: row.Problem.Code, Message: row.Problem.Message}
	case row.Verdict != plan.Planned:
		return Result{Outcome: row.Verdict}
	case past.Sent:
		return Result{
			Outcome: plan.Unknown, Code: codeLost, Message: "the run ended before the result was established",
			Attempts: past.Attempts, Started: past.Started,
		}
	}
	return Result{Outcome: plan.Pending, Code: Stopped, Message: "the run ended first", Attempts: past.Attempts, Started: past.Started}
}

// lost notes a call whose answer is not known.
func (p *Past) lost(call Late) {
	p.Attempts++
	p.Sent = true
	p.Late = p.Late.and(call)
}

// answered notes the answer to a call.
func (p *Past) answered(r Record, call Late) {
	switch r.Class {
	case ecs.Throttled, ecs.Expired, ecs.Skewed:
		return
	case ecs.Ambiguous, ecs.Undecided:
		p.lost(call)
		return
	case ecs.Applied:
		p.Sent = true
		p.RequestID = r.RequestID
	case ecs.Unsent, ecs.Busy, ecs.Duplicated, ecs.Refused, ecs.Forbidden, ecs.Down:
	}
	p.Attempts++
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
	if r.Plan.Rows[row].Verdict == plan.Unchanged && p.Sent {
		result.Outcome, result.RequestID, result.Finished = plan.Applied, p.RequestID, time.Now()
		return true
	}
	return false
}
