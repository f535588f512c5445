// Package template makes values by rule: from a text with variables, such as
// web-{created:20060102}, or by replacing what a pattern finds in a name.
//
// It is pure, and knows neither images nor the columns of a manifest: its user
// says what variables stand for, and [Rule.Check] which values are legal.
// Patterns are RE2, so that none can hang, and no value is longer than
// [MaxLength]. template.go has the texts, pattern.go the patterns, date.go the
// dates, and rule.go joins them.
package template

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// MaxLength is the length in bytes beyond which no value is made. The longest
// that any attribute takes is 256 characters.
const MaxLength = 1024

var errTooLong = fmt.Errorf("longer than %d bytes", MaxLength)

// A Variable stands for a part of a value: {created:20060102} has the name
// created and the argument 20060102.
type Variable struct{ Name, Argument string }

// String returns the variable as it is written in a template.
func (v Variable) String() string {
	if v.Argument == "" {
		return "{" + v.Name + "}"
	}
	return "{" + v.Name + ":" + v.Argument + "}"
}

// Group returns the number of the group that the variable stands for, if it is a
// number: {1} is the first group of the pattern, {0} all that it matches.
func (v Variable) Group() (n int, ok bool) {
	n, err := strconv.Atoi(v.Name)
	return n, err == nil && strconv.Itoa(n) == v.Name && n >= 0 && v.Argument == ""
}

// A Template is a text with variables.
type Template struct{ parts []part }

// A part is a text as it is or, if that is empty, a variable.
type part struct {
	text     string
	variable Variable
}

// Parse reads a template. A variable stands in braces; {{ and }} are braces.
func Parse(text string) (Template, error) {
	var t Template
	for rest := text; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			return t.with(rest), nil
		}
		t = t.with(rest[:i])
		brace := rest[i : i+1]
		rest = rest[i+1:]
		if strings.HasPrefix(rest, brace) {
			t, rest = t.with(brace), rest[1:]
			continue
		}
		inside, after, closed := strings.Cut(rest, "}")
		name, argument, _ := strings.Cut(inside, ":")
		switch {
		case brace == "}":
			return Template{}, errors.New("a } without {; }} is a brace")
		case !closed:
			return Template{}, errors.New("a { without }; {{ is a brace")
		case name == "" || strings.Contains(inside, "{"):
			return Template{}, fmt.Errorf("{%s} is not a variable", inside)
		}
		t.parts = append(t.parts, part{variable: Variable{name, argument}})
		rest = after
	}
	return t, nil
}

func (t Template) with(text string) Template {
	if text != "" {
		t.parts = append(t.parts, part{text: text})
	}
	return t
}

// Variables returns the variables in their order.
func (t Template) Variables() []Variable {
	var all []Variable
	for _, p := range t.parts {
		if p.text == "" {
			all = append(all, p.variable)
		}
	}
	return all
}

// Expand returns the text with the values of its variables. An empty value is an
// error, which names the variable.
func (t Template) Expand(value func(Variable) string) (string, error) {
	var b strings.Builder
	for _, p := range t.parts {
		text := p.text
		if text == "" {
			text = value(p.variable)
		}
		if text == "" {
			return "", fmt.Errorf("%s is empty", p.variable)
		}
		if b.Len()+len(text) > MaxLength {
			return "", errTooLong
		}
		b.WriteString(text)
	}
	return b.String(), nil
}
