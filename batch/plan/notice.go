package plan

import (
	"fmt"
	"slices"
)

// A Kind says what a [Notice] is about. Some are risks, which stop an apply
// unless allowed by name; the others are only said.
type Kind uint8

// The kinds. The zero value means that nothing was decided.
const (
	_             Kind = iota
	FamilyMoves        // a risk: a launch by family will boot another image
	DeprecateLast      // a risk: a family is left without an Available image
	OneWay             // a risk: a value that cannot be taken back
	Shared             // other accounts use the image
	WasEmpty           // a value that was empty cannot be emptied again
	CaseOnly           // names that differ by case only
	OtherScript        // letters that are neither Latin nor Han
	LeftParked         // an image under the temporary name of an earlier run
	kindCount
)

var kindNames = [kindCount]string{
	"undecided", "family", "deprecate-last", "one-way",
	"shared", "was-empty", "case-only", "other-script", "left-parked",
}

// String is the kind in one word, for a risk the one that allows it.
func (k Kind) String() string { return kindNames[k] }

// Risk tells whether the kind is a risk.
func (k Kind) Risk() bool { return k >= FamilyMoves && k <= OneWay }

// MarshalText returns the kind's word.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText takes a kind's word.
func (k *Kind) UnmarshalText(text []byte) error {
	i := slices.Index(kindNames[1:], string(text))
	if i < 0 {
		return fmt.Errorf("%q is not a kind of risk or warning", text)
	}
	*k = Kind(i + 1)
	return nil
}

// RiskKinds lists the kinds that can be allowed.
func RiskKinds() []Kind { return []Kind{FamilyMoves, DeprecateLast, OneWay} }

// A Notice is something a person should know before the plan is applied.
// Alike ones of a lane come as one.
type Notice struct {
	Kind     Kind     `json:"kind"`
	Lane     int      `json:"lane"`
	Rows     []int    `json:"rows,omitempty"`      // indexes into Plan.Rows
	ImageIDs []string `json:"image_ids,omitempty"` // who it is about
	// Family, Before and After say which image a launch by family boots, by
	// id, now and afterwards; empty for none, and for other kinds.
	Family string `json:"family,omitempty"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	Text   string `json:"text"` // the fact, without the lane
}
