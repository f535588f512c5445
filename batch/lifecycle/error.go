package lifecycle

import (
	"errors"
	"strings"

	"imgrename/batch/plan"
)

// A StoppedError is a job that was stopped before its images were listed:
// nothing was done.
type StoppedError struct{ Cause error }

func (e *StoppedError) Error() string { return e.Cause.Error() + "; nothing was done" }
func (e *StoppedError) Unwrap() error { return e.Cause }

// A NoLaneError is a job none of whose lanes can be used or read. It wraps why.
type NoLaneError struct{ Err error }

func (e *NoLaneError) Error() string { return e.Err.Error() }
func (e *NoLaneError) Unwrap() error { return e.Err }

// An AccountError is credentials of another account than the job is for.
type AccountError struct{ fact string }

func (e *AccountError) Error() string { return e.fact }

// Hint names the way out.
func (e *AccountError) Hint() string { return "check the profile and the credentials" }

// A RefusedError is a plan that was not allowed to start, by a guard or for want
// of consent: a [*StrictError], a [*GuardError], or what Consent returned.
type RefusedError struct {
	Plan  *plan.Plan
	Extra []string // names of the rows' extra columns
	Err   error
}

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// A StrictError is a plan with rows that cannot be done, where every row must.
type StrictError struct{ Rows int }

func (e *StrictError) Error() string {
	return plan.Count(e.Rows, "row") + " cannot be done, and --strict is given; nothing was done"
}

// Hint names the way out.
func (e *StrictError) Hint() string {
	return "correct or remove these rows, or omit --strict to do the others"
}

// A GuardError is a plan that limits or risks refuse.
type GuardError struct{ Met []error }

func (e *GuardError) Error() string {
	var facts []string
	for _, err := range e.Met {
		facts = append(facts, err.Error())
	}
	return strings.Join(facts, "; ")
}

// Hint names the way past each limit and risk.
func (e *GuardError) Hint() string {
	var ways []string
	for _, err := range e.Met {
		if h, ok := errors.AsType[interface {
			error
			Hint() string
		}](err); ok {
			ways = append(ways, h.Hint())
		}
	}
	return strings.Join(ways, "; ")
}

// flatten returns the errors that joined ones are made of, at any depth.
func flatten(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	switch {
	case err == nil:
		return nil
	case !ok:
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, flatten(e)...)
	}
	return all
}
