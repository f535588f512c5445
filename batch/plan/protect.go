package plan

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Globs are patterns of names that others rely on. In a pattern * is any text,
// ? any character and [a-z] one of some; \ takes the meaning from the next
// character. A pattern is for the whole name, in its case.
type Globs []string

// ParseGlobs reads patterns, one a line. Spaces around them, blank lines and
// lines that begin with # are skipped. The error names all lines that are no
// pattern.
func ParseGlobs(r io.Reader) (Globs, error) {
	var globs Globs
	var problems []error
	in := bufio.NewScanner(r)
	for line := 1; in.Scan(); line++ {
		glob := strings.TrimSpace(strings.TrimPrefix(in.Text(), "\ufeff"))
		if glob == "" || glob[0] == '#' {
			continue
		}
		if _, err := path.Match(flat.Replace(glob), ""); err != nil || !utf8.ValidString(glob) {
			problems = append(problems, fmt.Errorf("line %d: %q is not a pattern of names", line, glob))
		}
		globs = append(globs, glob)
	}
	if err := errors.Join(append(problems, in.Err())...); err != nil {
		return nil, err
	}
	return globs, nil
}

// flat hides slashes: path.Match gives them a meaning that they do not have in
// names.
var flat = strings.NewReplacer("/", "\x00")

// Match reports whether one of the patterns is that of a name.
func (g Globs) Match(name string) bool {
	return name != "" && slices.ContainsFunc(g, func(glob string) bool {
		ok, err := path.Match(flat.Replace(glob), flat.Replace(name))
		return ok && err == nil
	})
}

// A consequence is what a plan does to protected names in one lane.
type consequence struct {
	lane int
	fact string
}

// The facts of the consequences, in the order of the risks.
const (
	takenAway = "a protected name is taken away from its image"
	givenAway = "a protected name is given to another image"
	nowhere   = "a protected name points nowhere for a while"
)

// Protect adds a risk for each lane and consequence in which the plan touches a
// protected name: it takes one away from its image, gives one to another image,
// or parks the image that has one. It replaces the risks of an earlier call.
func (p *Plan) Protect(globs Globs) {
	p.Risks = slices.DeleteFunc(p.Risks, func(n Notice) bool { return n.Kind == Protected })
	touched := make(map[consequence]*Notice)
	for i := range p.Chains {
		for _, s := range p.Chains[i].Steps {
			p.touch(touched, globs, s)
		}
	}
	for lane := range p.Lanes {
		for _, fact := range []string{takenAway, givenAway, nowhere} {
			if n := touched[consequence{lane, fact}]; n != nil {
				p.Risks = append(p.Risks, p.protected(fact, n))
			}
		}
	}
	slices.SortStableFunc(p.Risks, func(a, b Notice) int { return cmp.Compare(a.Lane, b.Lane) })
}

// touch records what one step does to protected names.
func (p *Plan) touch(touched map[consequence]*Notice, globs Globs, s Step) {
	if s.Set.ImageName == "" {
		return
	}
	row := &p.Rows[s.Row]
	record := func(fact string) {
		c := consequence{row.Lane, fact}
		if touched[c] == nil {
			touched[c] = &Notice{Kind: Protected, Lane: row.Lane}
		}
		touched[c].Rows = append(touched[c].Rows, s.Row)
	}
	loses := globs.Match(row.Old.ImageName)
	switch {
	case s.Park && loses:
		record(nowhere)
	case !s.Park && loses:
		record(takenAway)
	}
	if !s.Park && globs.Match(s.Set.ImageName) {
		record(givenAway)
	}
}

// protected completes a risk: its images, in the order of the rows, and its text.
func (p *Plan) protected(fact string, n *Notice) Notice {
	slices.Sort(n.Rows)
	said := make([]string, len(n.Rows))
	for i, index := range n.Rows {
		row := &p.Rows[index]
		name := row.Old.ImageName
		if fact == givenAway {
			name = row.Want.ImageName
		}
		n.ImageIDs = append(n.ImageIDs, row.ImageID)
		said[i] = fmt.Sprintf("%q (%s)", name, row.ImageID)
	}
	n.Text = fact + ": " + enumerate(said)
	return *n
}
