package plan

import (
	"fmt"
	"slices"
	"strings"

	"imgrename/batch/ecs"
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
		return fmt.Errorf("%q is no kind of risk or warning", text)
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

// A RiskError refuses a plan for what it would do. It is text for a person and
// facts for a program.
type RiskError struct{ Risks []Notice }

func (e *RiskError) Error() string {
	return fmt.Sprintf("%s not allowed: %s; the first: %s",
		count(len(e.Risks), "risk is", "risks are"), strings.Join(e.words(), ", "), e.Risks[0].Text)
}

// Hint names the flag that lifts it.
func (e *RiskError) Hint() string {
	return "if that is meant, --allow " + strings.Join(e.words(), ",")
}

// words are the kinds, each once, in their order.
func (e *RiskError) words() []string {
	var words []string
	for _, k := range RiskKinds() {
		if slices.ContainsFunc(e.Risks, func(n Notice) bool { return n.Kind == k }) {
			words = append(words, k.String())
		}
	}
	return words
}

// CheckRisks returns nil if all the plan's risks are of allowed kinds, else a
// [*RiskError] with those that are not.
func (p *Plan) CheckRisks(allowed ...Kind) error {
	rest := slices.DeleteFunc(slices.Clone(p.Risks), func(n Notice) bool {
		return slices.Contains(allowed, n.Kind)
	})
	if len(rest) == 0 {
		return nil
	}
	return &RiskError{rest}
}

// noticeOf is a notice about the images of some rows. Its text is the fact
// and the first of the ids.
func (b *board) noticeOf(kind Kind, fact string, entries []*entry) Notice {
	n := Notice{Kind: kind, Lane: b.at, Rows: make([]int, len(entries)), ImageIDs: make([]string, len(entries))}
	for i, e := range entries {
		n.Rows[i], n.ImageIDs[i] = e.index, e.row.ImageID
	}
	n.Text = fact + ": " + enumerate(n.ImageIDs)
	return n
}

// survey notes which attributes the planned rows set, so that rows that set
// another need not be looked for.
func (b *board) survey() {
	b.edits = ecs.Attributes{}
	for i := range b.entries {
		if e := &b.entries[i]; e.row.Verdict == Planned {
			b.edits = b.edits.Apply(*e.set)
		}
	}
}

// setting returns the planned rows that set an attribute and fit.
func (b *board) setting(a ecs.Attribute, fits func(*entry) bool) []*entry {
	if *b.edits.Field(a) == "" {
		return nil
	}
	return b.planned(func(e *entry) bool { return *e.set.Field(a) != "" && fits(e) })
}

// planned returns the planned rows that fit.
func (b *board) planned(fits func(*entry) bool) []*entry {
	var found []*entry
	for i := range b.entries {
		if e := &b.entries[i]; e.row.Verdict == Planned && fits(e) {
			found = append(found, e)
		}
	}
	return found
}

// enumerate names the first few.
func enumerate(words []string) string {
	const most = 4
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most-1], ", "), len(words)-most+1)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
