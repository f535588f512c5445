package plan

import (
	"fmt"
	"strings"

	"imgrename/batch/ecs"
)

// survey records which attributes the planned rows set, so that no row is
// searched for the others.
func (b *board) survey() {
	b.edits = ecs.Attributes{}
	for i := range b.entries {
		if e := &b.entries[i]; e.row.Verdict == Planned {
			b.edits = b.edits.Apply(*e.set)
		}
	}
}

// setting returns the planned rows that set the attribute and satisfy fits.
func (b *board) setting(a ecs.Attribute, fits func(*entry) bool) []*entry {
	if *b.edits.Field(a) == "" {
		return nil
	}
	return b.planned(func(e *entry) bool { return *e.set.Field(a) != "" && fits(e) })
}

// planned returns the planned rows that satisfy fits.
func (b *board) planned(fits func(*entry) bool) []*entry {
	var found []*entry
	for i := range b.entries {
		if e := &b.entries[i]; e.row.Verdict == Planned && fits(e) {
			found = append(found, e)
		}
	}
	return found
}

// note adds a notice about the images of the rows found, if there are any.
func (b *board) note(kind Kind, fact string, found []*entry) {
	if found != nil {
		b.add(b.noticeOf(kind, fact, found))
	}
}

// add adds a notice to the plan.
func (b *board) add(n Notice) {
	if n.Kind.Risk() {
		b.plan.Risks = append(b.plan.Risks, n)
	} else {
		b.plan.Warnings = append(b.plan.Warnings, n)
	}
}

// noticeOf returns a notice about the images of some rows. Its text is the fact
// and the first few ids.
func (b *board) noticeOf(kind Kind, fact string, entries []*entry) Notice {
	n := Notice{Kind: kind, Lane: b.at, Rows: make([]int, len(entries)), ImageIDs: make([]string, len(entries))}
	for i, e := range entries {
		n.Rows[i], n.ImageIDs[i] = e.index, e.row.ImageID
	}
	n.Text = fact + ": " + enumerate(n.ImageIDs)
	return n
}

// enumerate lists the first few words, and how many more there are.
func enumerate(words []string) string {
	const most = 4
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most-1], ", "), len(words)-most+1)
}
