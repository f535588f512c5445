package plan

import (
	"fmt"
	"slices"
)

// An Outcome is how a row ends. The planner decides some, the engine the rest;
// every row ends with exactly one.
type Outcome uint8

// The outcomes. The zero value means that nothing is decided yet.
const (
	Undecided Outcome = iota
	Applied           // we changed it
	Unchanged         // it already was as desired
	Planned           // it would be changed
	Refused           // the plan says no
	Conflict          // the image is not as the plan or the row's condition expects
	Failed            // the API rejected it; not done
	Blocked           // a row it waits for did not succeed
	Pending           // not attempted, or not completed
	Unknown           // sent, and it is unclear whether it took effect
	Stranded          // left under a temporary name
	outcomeCount
)

var outcomeNames = [outcomeCount]string{
	"undecided", "applied", "unchanged", "planned", "refused", "conflict",
	"failed", "blocked", "pending", "unknown", "stranded",
}

// String returns the outcome's word in reports.
func (o Outcome) String() string { return outcomeNames[o] }

// Succeeded reports whether the row is as desired: Applied or Unchanged.
func (o Outcome) Succeeded() bool { return o == Applied || o == Unchanged }

// Failure reports whether the row counts as a failure: it cannot be done. One that
// was not attempted may be done yet, and of one that is Unknown or Stranded that
// is not known.
func (o Outcome) Failure() bool {
	return o == Refused || o == Conflict || o == Failed || o == Blocked
}

// MarshalText returns the outcome's word.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText sets o to the outcome that has the word.
func (o *Outcome) UnmarshalText(text []byte) error {
	i := slices.Index(outcomeNames[1:], string(text))
	if i < 0 {
		return fmt.Errorf("%q is not an outcome", text)
	}
	*o = Outcome(i + 1)
	return nil
}

// Outcomes lists all but Undecided, in the order in which totals are shown.
func Outcomes() []Outcome {
	all := make([]Outcome, 0, outcomeCount-1)
	for o := Applied; o < outcomeCount; o++ {
		all = append(all, o)
	}
	return all
}
