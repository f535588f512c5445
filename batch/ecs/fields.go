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

// Fields are the attributes that have a value.
func (v Attributes) Fields() (set Fields) {
	for a, value := range v.All() {
		if value != "" {
			set = set.With(a)
		}
	}
	return set
}

// Only returns the values of some attributes.
func (v Attributes) Only(some Fields) (part Attributes) {
	for a := range some.All() {
		*part.Field(a) = *v.Field(a)
	}
	return part
}

// Has tells whether an attribute is in the set.
func (f Fields) Has(a Attribute) bool { return f>>a&1 == 1 }

// With is the set and one attribute more.
func (f Fields) With(a Attribute) Fields { return f | 1<<a }

// Without is the set but for one attribute.
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

// String names the columns of a manifest, such as "description, status".
func (f Fields) String() string {
	var names []string
	for a := range f.All() {
		names = append(names, a.String())
	}
	return strings.Join(names, ", ")
}

// MarshalText is String.
func (f Fields) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText takes what String makes.
func (f *Fields) UnmarshalText(text []byte) error {
	*f = 0
	if len(text) == 0 {
		return nil
	}
	for name := range strings.SplitSeq(string(text), ", ") {
		i := slices.IndexFunc(attributeNames[:], func(n struct{ column, condition, parameter string }) bool { return n.column == name })
		if i < 0 {
			return fmt.Errorf("%q is no attribute", name)
		}
		*f = f.With(Attribute(i))
	}
	return nil
}
