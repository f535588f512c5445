package batch

import (
	"context"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
)

// A Journal keeps what a run sends, so that another process can finish the run
// if this one dies at any moment. After an error no further call is sent. It
// must be safe for concurrent use.
type Journal interface {
	// Commit returns when the record is on disk.
	Commit(history.Record) error
	// Append adds a record that may be lost if the process dies soon after.
	Append(history.Record) error
}

// A JournalError is the cause of a run that stopped because its journal could
// not be written.
type JournalError struct{ Err error }

func (e *JournalError) Error() string { return "the journal could not be written: " + e.Err.Error() }

func (e *JournalError) Unwrap() error { return e.Err }

// A recorder writes down what a run does. If the journal fails, it stops the
// run, and there is nothing else to do about it.
type recorder struct {
	journal Journal              // nil if nothing is to be kept
	up      func() time.Duration // nil if it is not known
	stop    context.CancelCauseFunc
}

// intend records a call before it is sent.
func (r *recorder) intend(row int, set *ecs.Attributes) error {
	if r.journal == nil {
		return nil
	}
	sent := *set
	return r.checked(r.journal.Commit(r.stamped(history.Record{Kind: history.Intent, Row: row, Set: &sent})))
}

// withdraw records that the call of the row's last intent is not sent.
func (r *recorder) withdraw(row int) {
	r.add(history.Record{Kind: history.Withdrawn, Row: row})
}

// answer records the answer to a call.
func (r *recorder) answer(row int, class ecs.Class, requestID string) {
	r.add(history.Record{Kind: history.Answer, Row: row, Class: class, RequestID: requestID})
}

// end records how a row ended, for the report of a run whose process is gone.
func (r *recorder) end(row int, result history.Result) {
	r.add(history.Record{Kind: history.Ended, Row: row, Result: &result})
}

func (r *recorder) add(record history.Record) {
	if r.journal == nil {
		return
	}
	_ = r.checked(r.journal.Append(r.stamped(record)))
}

// stamped returns a record that is written now.
func (r *recorder) stamped(record history.Record) history.Record {
	if record.At = time.Now().UTC(); r.up != nil {
		record.Up = r.up()
	}
	return record
}

// checked stops the run if the journal failed.
func (r *recorder) checked(err error) error {
	if err == nil {
		return nil
	}
	broken := &JournalError{err}
	r.stop(broken)
	return broken
}
