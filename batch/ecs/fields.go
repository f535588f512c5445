package ecs

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Fields is a set of attributes. The zero value is empty.
type Fields uint8

// Each attribute has a bit. If this overflows, widen Fields: it is stored as
// text, so no file depends on its size.
const _ Fields = 1 << (attributeCount - 1)

// Fields returns the attributes that have a value.
func (v Attributes) Fields() (set Fields) {
	for a, value := range v.All() {
		if value != "" {
			set = set.With(a)
		}
	}
	return set
}

// Only returns v's values of the given attributes, and no others.
func (v Attributes) Only(some Fields) (part Attributes) {
	for a := range some.All() {
		*part.Field(a) = *v.Field(a)
	}
	return part
}

// Has reports whether an attribute is in the set.
func (f Fields) Has(a Attribute) bool { return f>>a&1 == 1 }

// With returns the set with one attribute added.
func (f Fields) With(a Attribute) Fields { return f | 1<<a }

// Without returns the set with one attribute removed.
func (f Fields) Without(a Attribute) Fields { return f &^ (1 << a) }

// All yields the attributes of the set in column order.
func (f Fields) All() iter.Seq[Attribute] {
	return func(yield func(Attribute) bool) {
		for a := range attributeCount {
			if f.Has(a) && !yield(a) {
				return
			}
		}
	}
}

// String lists the attributes' columns, such as "description, status".
func (f Fields) String() string {
	var names []string
	for a := range f.All() {
		names = append(names, a.String())
	}
	return strings.Join(names, ", ")
}

// MarshalText returns String.
func (f Fields) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText parses what String returns.
func (f *Fields) UnmarshalText(text []byte) error {
	*f = 0
	if len(text) == 0 {
		return nil
	}
	for name := range strings.SplitSeq(string(text), ", ") {
		i := slices.IndexFunc(attributeNames[:], func(n struct{ column, condition, parameter string }) bool { return n.column == name })
		if i < 0 {
			return fmt.Errorf("%q is not an attribute", name)
		}
		*f = f.With(Attribute(i))
	}
	return nil
}
