package main

import (
	"errors"
	"fmt"

	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// The exit codes. They answer two questions: was anything written, and would
// running it again help.
const (
	codeOK         = 0
	codeFailed     = 1   // uncategorised; assume that something was written
	codeUsage      = 2   // nothing written
	codeManifest   = 10  // the manifest was refused; nothing written
	codeHeld       = 11  // another process holds a lane; nothing written
	codeDenied     = 12  // credentials or permission: no lane could start
	codeRefused    = 13  // a limit, a risk or no consent; nothing written
	codeUnreadable = 14  // no lane could be read; nothing written
	codeIncomplete = 20  // finished, but some rows did not succeed
	codePending    = 21  // stopped early, or a lane was out of reach
	codeUncertain  = 22  // some row unknown or stranded
	codeChanges    = 30  // plan --detailed-exitcode: something would be changed
	codeKilled     = 130 // a second signal
)

// exitCode is the one place where an error becomes an exit code.
func exitCode(err error) int {
	if err == nil {
		return codeOK
	}
	if e, ok := errors.AsType[*outcomeError](err); ok {
		if e.left {
			return max(worst(e.results), codePending)
		}
		return worst(e.results)
	}
	for _, entry := range []struct {
		is   func(error) bool
		code int
	}{
		{is[*usageError], codeUsage},
		{is[*problemsError], codeManifest},
		{is[*manifestError], codeManifest},
		{is[*strictError], codeManifest},
		{is[*runs.HeldError], codeHeld},
		{is[*deniedError], codeDenied},
		{is[*refusedError], codeRefused},
		{is[*runs.UsedError], codeRefused},
		{is[*unreadableError], codeUnreadable},
		{is[*changesError], codeChanges},
	} {
		if entry.is(err) {
			return entry.code
		}
	}
	return codeFailed
}

func is[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// worst is the exit code of a run that came to its end.
func worst(results []history.Result) int {
	totals := history.Totals(results)
	switch {
	case totals[plan.Unknown]+totals[plan.Stranded] > 0:
		return codeUncertain
	case totals[plan.Pending]+totals[plan.Undecided] > 0:
		return codePending
	case totals[plan.Applied]+totals[plan.Unchanged] < len(results):
		return codeIncomplete
	}
	return codeOK
}

// A usageError is a command line that means nothing.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// A manifestError is a file that is no manifest at all.
type manifestError struct {
	file string
	err  error
}

func (e *manifestError) Error() string { return e.file + ": " + e.err.Error() }
func (e *manifestError) Unwrap() error { return e.err }

// A deniedError tells that no lane could start for want of credentials or
// permission.
type deniedError struct{ err error }

func (e *deniedError) Error() string { return e.err.Error() }
func (e *deniedError) Unwrap() error { return e.err }

// An unreadableError tells that no lane could be read.
type unreadableError struct{ err error }

func (e *unreadableError) Error() string { return e.err.Error() }
func (e *unreadableError) Unwrap() error { return e.err }

// A refusedError is a run that was not allowed to start.
type refusedError struct{ what, way string }

func (e *refusedError) Error() string { return e.what }

// Hint names the way out.
func (e *refusedError) Hint() string { return e.way }

// stoppedFirst is the error of a command that was stopped before it had read the
// images.
func stoppedFirst(cause error) error {
	return &unreadableError{fmt.Errorf("%w; nothing was done", cause)}
}

// An outcomeError is a run that ended, with rows that did not succeed. What
// there is to say has been said by the report.
type outcomeError struct {
	results []history.Result
	left    bool // the run is not at its end, whatever the results
}

func (e *outcomeError) Error() string { return "some rows did not succeed" }

// A changesError is plan --detailed-exitcode's word for "something would be
// changed".
type changesError struct{}

func (*changesError) Error() string { return "there are changes to be made" }
