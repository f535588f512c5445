package batch

import "imgrename/batch/history"

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
