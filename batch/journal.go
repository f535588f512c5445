package batch

import (
	"time"

	"imgrename/batch/ecs"
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

// A JournalError is the cause of a run that stopped because its journal could
// not be written.
type JournalError struct{ Err error }

func (e *JournalError) Error() string { return "the journal could not be written: " + e.Err.Error() }

func (e *JournalError) Unwrap() error { return e.Err }

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

// kept stops the run if the journal failed.
func (r *run) kept(err error) error {
	if err == nil {
		return nil
	}
	broken := &JournalError{err}
	r.stopRun(broken)
	return broken
}
