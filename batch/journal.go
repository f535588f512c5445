package batch

import (
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
)

// A Journal keeps what a run sends, so that another process can finish the run
// if this one dies at any instant. An error is final: no further call is sent.
// It must be safe for concurrent use.
type Journal interface {
	// Commit returns when the record is on disk.
	Commit(history.Record) error
	// Append adds a record that may be lost with the process, if that dies soon.
	Append(history.Record) error
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
	return a.kept(a.Journal.Commit(history.Record{Kind: history.Intent, At: time.Now().UTC(), Row: a.Row, Set: &set}))
}

// note keeps the answer to a call.
func (a *attempt) note(class ecs.Class, requestID string) {
	a.writeDown(history.Record{Kind: history.Answer, Row: a.Row, Class: class, RequestID: requestID})
}

// withdraw tells that the call of the last intent is not sent.
func (a *attempt) withdraw() {
	a.writeDown(history.Record{Kind: history.Withdrawn, Row: a.Row})
}

// keep writes down how a row ended, for the report of a run whose process is
// gone.
func (r *run) keep(row int, result history.Result) {
	r.writeDown(history.Record{Kind: history.Ended, Row: row, Result: &result})
}

// writeDown adds a record of what happens now. If it cannot, the run is stopped,
// and nothing else is to be done about it.
func (r *run) writeDown(record history.Record) {
	if r.Journal == nil {
		return
	}
	record.At = time.Now().UTC()
	_ = r.kept(r.Journal.Append(record))
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
