package template

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// A Pattern is what names look like, in the syntax of RE2.
type Pattern struct{ re *regexp.Regexp }

// ParsePattern reads a pattern.
func ParsePattern(text string) (*Pattern, error) {
	re, err := regexp.Compile(text)
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		return nil, fmt.Errorf("%s: %q", e.Code, e.Expr)
	}
	if err != nil {
		return nil, err
	}
	return &Pattern{re}, nil
}

// Groups returns the number of groups.
func (p *Pattern) Groups() int { return p.re.NumSubexp() }

// Find returns what the pattern matches first and its groups, nil if nothing.
func (p *Pattern) Find(name string) []string { return p.re.FindStringSubmatch(name) }

// A Replacement is put in place of each match of a pattern.
type Replacement struct {
	pattern *Pattern
	text    string
}

// reference is what the regexp package takes for a reference to a group.
var reference = regexp.MustCompile(`\$(?:\$|\{([\pL\p{Nd}_]+)\}|([\pL\p{Nd}_]+))`)

// Replacement reads a replacement: in it $1 or ${1} is the first group, ${name}
// a named one, and $$ a dollar sign.
func (p *Pattern) Replacement(text string) (*Replacement, error) {
	for _, found := range reference.FindAllStringSubmatch(text, -1) {
		name := found[1] + found[2]
		if name == "" || p.has(name) {
			continue
		}
		digits := len(name) - len(strings.TrimLeft(name, "0123456789"))
		if found[2] != "" && digits > 0 && digits < len(name) {
			return nil, fmt.Errorf("there is no group %s; write ${%s}%s", found[0], name[:digits], name[digits:])
		}
		return nil, fmt.Errorf("there is no group %s", found[0])
	}
	return &Replacement{p, text}, nil
}

// has reports whether there is a group of this number or name.
func (p *Pattern) has(name string) bool {
	if n, err := strconv.Atoi(name); err == nil {
		return n <= p.Groups() && strconv.Itoa(n) == name
	}
	return slices.Contains(p.re.SubexpNames(), name)
}

// make replaces each match. A group that takes no part in it is empty.
func (r *Replacement) make(name string, _ func(Variable) string) (string, error) {
	if len(name) > MaxLength {
		return "", errTooLong
	}
	var made []byte
	end := 0
	for _, at := range r.pattern.re.FindAllStringSubmatchIndex(name, -1) {
		made = append(made, name[end:at[0]]...)
		made = r.pattern.re.ExpandString(made, r.text, name, at)
		if end = at[1]; len(made) > MaxLength {
			return "", errTooLong
		}
	}
	made = append(made, name[end:]...)
	if len(made) > MaxLength {
		return "", errTooLong
	}
	return string(made), nil
}
