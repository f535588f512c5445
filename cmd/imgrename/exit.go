package main

import (
	"errors"
	"fmt"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/credentials"
	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// The exit codes. They answer two questions: was anything written, and would
// running it again help.
const (
	codeOK         = 0
	codeFailed     = 1   // uncategorised; something may have been written
	codeUsage      = 2   // nothing written
	codeManifest   = 10  // the manifest was refused; nothing written
	codeHeld       = 11  // another process holds a lane; nothing written
	codeDenied     = 12  // credentials or permission: no lane could start
	codeRefused    = 13  // a limit, a risk, no confirmation, an unfit state folder; nothing written
	codeUnreadable = 14  // no lane could be read; nothing written
	codeIncomplete = 20  // finished, but some rows did not succeed
	codePending    = 21  // stopped early, or a lane was out of reach
	codeUncertain  = 22  // some row unknown or stranded
	codeChanges    = 30  // plan --detailed-exitcode: there are changes
	codeKilled     = 130 // a second signal
)

// exitCode returns the exit code of an error. No other place does.
func exitCode(err error) int {
	if err == nil {
		return codeOK
	}
	if e, ok := errors.AsType[*outcomeError](err); ok {
		return codeOf(e.standing)
	}
	for _, entry := range []struct {
		is   func(error) bool
		code int
	}{
		{is[*usageError], codeUsage},
		{is[*problemsError], codeManifest},
		{is[*manifestError], codeManifest},
		{is[*lifecycle.StrictError], codeManifest},
		{is[*runs.HeldError], codeHeld},
		{is[*runs.LostError], codeHeld}, // before anything was sent
		{is[*lifecycle.AccountError], codeDenied},
		{isDenied, codeDenied},
		{is[*droppedError], codePending},
		{is[*lifecycle.GuardError], codeRefused},
		{is[*refusedError], codeRefused},
		{is[*unfitError], codeRefused},
		{is[*runs.UsedError], codeRefused},
		{is[*lifecycle.NoLaneError], codeUnreadable},
		{is[*lifecycle.StoppedError], codeUnreadable},
		{is[*changesError], codeChanges},
	} {
		if entry.is(err) {
			return entry.code
		}
	}
	return codeFailed
}

// classOf returns the class of an exit code in one word, for those who need no
// more to know what to do.
func classOf(code int) string {
	switch code {
	case codeOK:
		return "ok"
	case codeUsage, codeManifest, codeHeld, codeDenied, codeRefused, codeUnreadable:
		return "refused"
	case codePending, codeKilled:
		return "stopped"
	case codeUncertain:
		return "uncertain"
	default:
		return "attention"
	}
}

// meaningOf says what an exit code other than 0 means for the images.
func meaningOf(code int) string {
	switch code {
	case codeIncomplete:
		return "some rows were not done"
	case codePending:
		return "rows are left"
	case codeUncertain:
		return "some images are in doubt or under a temporary name"
	}
	if classOf(code) == "refused" {
		return "nothing was done"
	}
	return "see the error above"
}

func is[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// codeOf returns the exit code of a job that was applied.
func codeOf(s history.Standing) int {
	return [...]int{
		history.Succeeded: codeOK, history.Incomplete: codeIncomplete,
		history.Unfinished: codePending, history.Uncertain: codeUncertain,
	}[s]
}

// isDenied reports whether no lane could be used because of its credentials or
// their permissions.
func isDenied(err error) bool {
	if !is[*lifecycle.NoLaneError](err) {
		return false
	}
	switch ecs.Classify(err) {
	case ecs.Down, ecs.Forbidden, ecs.Refused, ecs.Expired, ecs.Skewed:
		return true
	}
	return is[*credentials.NotFoundError](err) || is[*credentials.UnusableError](err) && !errors.Is(err, ecs.ErrUnreachable)
}

// A droppedError is rows of a run that was closed, which were not done. It is said
// with --quiet, too: nothing else will do them.
type droppedError struct {
	run  string
	rows int
	next string // the command that does them, "" if it is not known
}

func (e *droppedError) Error() string {
	return fmt.Sprintf("run %s was closed: %s not done", e.run, plan.Count(e.rows, "row"))
}

// Hint returns the command that does the rows.
func (e *droppedError) Hint() string { return e.next }

// A usageError is a command line that is wrong.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// badUsage returns a [*usageError] of all problems, nil if there are none.
func badUsage(problems ...error) error {
	if err := errors.Join(problems...); err != nil {
		return &usageError{err}
	}
	return nil
}

// A manifestError is a file that cannot be read as a manifest.
type manifestError struct {
	file string
	err  error
}

func (e *manifestError) Error() string { return e.file + ": " + e.err.Error() }
func (e *manifestError) Unwrap() error { return e.err }

// A refusedError is a run that is not allowed to start.
type refusedError struct{ what, way string }

func (e *refusedError) Error() string { return e.what }

// Hint returns the way out.
func (e *refusedError) Hint() string { return e.way }

// An unfitError is a state folder that cannot carry a run: nothing was sent.
type unfitError struct{ error }

func (e *unfitError) Unwrap() error { return e.error }

// unfit makes an error of the state folder, by which a run did not begin, an
// [*unfitError].
func unfit(err error) error {
	if is[*runs.FolderError](err) || is[*lifecycle.UnsealedError](err) {
		return &unfitError{err}
	}
	return err
}

// An outcomeError is a job that was applied, but not all of its rows succeeded.
// The user has been told by the report.
type outcomeError struct{ standing history.Standing }

func (e *outcomeError) Error() string { return "some rows did not succeed" }

// A changesError is a plan with changes, for --detailed-exitcode.
type changesError struct{}

func (*changesError) Error() string { return "there are changes" }

// A shownError wraps an error that the user has already been told.
type shownError struct{ error }

func (e *shownError) Unwrap() error { return e.error }

// A hinted error has a way out.
type hinted struct {
	error
	hint string
}

func (h hinted) Hint() string  { return h.hint }
func (h hinted) Unwrap() error { return h.error }

// A problemsError is a refused manifest whose problems have been shown.
type problemsError struct {
	file  string
	count int
}

func (e *problemsError) Error() string {
	return fmt.Sprintf("%s: refused, %s; nothing was done", e.file, plan.Count(e.count, "problem"))
}
