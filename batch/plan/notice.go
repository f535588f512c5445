package plan

import (
	"fmt"
	"slices"
)

// A Kind says what a [Notice] is about. Some are risks, which stop an apply
// unless allowed by name; the others stop nothing.
type Kind uint8

// The kinds. The zero value means that nothing was decided.
const (
	_             Kind = iota
	FamilyMoves        // a risk: a launch by family will boot another image
	DeprecateLast      // a risk: a family is left without an Available image
	OneWay             // a risk: a value that cannot be changed back
	Protected          // a risk: a name that others rely on changes hands
	Shared             // the image is shared with other accounts
	Public             // the image is published to all accounts
	WasEmpty           // a value that was empty cannot be emptied again
	CaseOnly           // names that differ only in case
	LookAlike          // names that look alike, apart from case
	OtherScript        // letters that are neither Latin nor Han
	LeftParked         // an image under the temporary name of an earlier run
	Unverified         // the service was asked about a row, and nothing was learnt
	kindCount
)

var kindNames = [kindCount]string{
	"undecided", "family", "deprecate-last", "one-way", "protected",
	"shared", "public", "was-empty", "case-only", "look-alike", "other-script", "left-parked", "unverified",
}

// String returns the kind in one word; for a risk, the word that allows it.
func (k Kind) String() string { return kindNames[k] }

// Risk reports whether the kind is a risk.
func (k Kind) Risk() bool { return k >= FamilyMoves && k <= Protected }

// MarshalText returns the kind's word.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText sets k to the kind that has the word.
func (k *Kind) UnmarshalText(text []byte) error {
	i := slices.Index(kindNames[1:], string(text))
	if i < 0 {
		return fmt.Errorf("%q is not a kind of risk or warning", text)
	}
	*k = Kind(i + 1)
	return nil
}

// RiskKinds lists the kinds that are risks.
func RiskKinds() []Kind { return []Kind{FamilyMoves, DeprecateLast, OneWay, Protected} }

// A Notice is something a person should know before the plan is applied.
// Like notices of a lane are merged into one.
type Notice struct {
	Kind     Kind     `json:"kind"`
	Lane     int      `json:"lane"`
	Rows     []int    `json:"rows,omitempty"`      // indexes into Plan.Rows
	ImageIDs []string `json:"image_ids,omitempty"` // the images it is about
	// Before and After are the ids of the images that a launch by Family boots
	// now and afterwards, empty if it boots none. Other kinds leave all empty.
	Family string `json:"family,omitempty"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	Text   string `json:"text"` // the fact, without the lane
}
