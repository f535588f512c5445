package ecs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"
)

// Attributes holds one value for each attribute that ModifyImageAttribute can
// edit. An empty value means "leave it as it is": that is how the API reads
// it, so an attribute can be changed but never cleared.
type Attributes struct {
	ImageName   string `json:"image_name,omitempty"`
	Description string `json:"description,omitempty"`
	ImageFamily string `json:"image_family,omitempty"`
	Status      string `json:"status,omitempty"`
	BootMode    string `json:"boot_mode,omitempty"`
	LicenseType string `json:"license_type,omitempty"`
	NvmeSupport string `json:"nvme_support,omitempty"`
	ImdsSupport string `json:"imds_support,omitempty"`
}

// An Attribute names one field of [Attributes].
type Attribute uint8

// The attributes, in the order of a manifest's columns.
//
// To add one, add its constant here, its field to [Attributes] and its names to
// attributeNames. The compiler and the tests then ask for the rest: Field and
// wireImage, its values in enums, its column and its field in package manifest,
// ecssim, and the simulator's images in cmd. They do not ask for the README's
// table nor, if the attribute cannot be set back, for its risk in package plan
// and its reason in undo.
const (
	ImageName Attribute = iota
	Description
	ImageFamily
	Status
	BootMode
	LicenseType
	NvmeSupport
	ImdsSupport
	attributeCount
)

var attributeNames = [attributeCount]struct{ column, condition, parameter string }{
	ImageName:   {"image_name", "current_name", "ImageName"},
	Description: {"description", "current_description", "Description"},
	ImageFamily: {"image_family", "current_image_family", "ImageFamily"},
	Status:      {"status", "current_status", "Status"},
	BootMode:    {"boot_mode", "current_boot_mode", "BootMode"},
	LicenseType: {"license_type", "current_license_type", "LicenseType"},
	NvmeSupport: {"nvme_support", "current_nvme_support", "Features.NvmeSupport"},
	ImdsSupport: {"imds_support", "current_imds_support", "Features.ImdsSupport"},
}

// String returns the attribute's column in a manifest.
func (a Attribute) String() string { return attributeNames[a].column }

// MarshalText returns String.
func (a Attribute) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText sets a to the attribute with a column.
func (a *Attribute) UnmarshalText(text []byte) error {
	known, ok := attributeOf(string(text))
	if !ok {
		return fmt.Errorf("%q is not an attribute", text)
	}
	*a = known
	return nil
}

// attributeOf returns the attribute with a column.
func attributeOf(column string) (a Attribute, ok bool) {
	for a := range attributeCount {
		if a.String() == column {
			return a, true
		}
	}
	return 0, false
}

// Condition returns the column for the value that the attribute must still
// have.
func (a Attribute) Condition() string { return attributeNames[a].condition }

// Parameter returns the attribute's name in a request.
func (a Attribute) Parameter() string { return attributeNames[a].parameter }

// Field returns a pointer to one attribute's value.
func (v *Attributes) Field(a Attribute) *string {
	switch a {
	case ImageName:
		return &v.ImageName
	case Description:
		return &v.Description
	case ImageFamily:
		return &v.ImageFamily
	case Status:
		return &v.Status
	case BootMode:
		return &v.BootMode
	case LicenseType:
		return &v.LicenseType
	case NvmeSupport:
		return &v.NvmeSupport
	default:
		return &v.ImdsSupport
	}
}

// All yields every attribute with its value, empty ones too, in column order.
func (v Attributes) All() iter.Seq2[Attribute, string] {
	return func(yield func(Attribute, string) bool) {
		for a := range attributeCount {
			if !yield(a, *v.Field(a)) {
				return
			}
		}
	}
}

// Changes returns the edit that turns v into want: the values of want that are
// not empty and differ from v's. It is zero if there is nothing to change.
func (v Attributes) Changes(want Attributes) Attributes {
	var set Attributes
	for a, value := range want.All() {
		if value != "" && !a.Same(*v.Field(a), value) {
			*set.Field(a) = value
		}
	}
	return set
}

// Apply returns v after the edit set: values of set that are not empty replace
// v's.
func (v Attributes) Apply(set Attributes) Attributes {
	for a, value := range set.All() {
		if value != "" {
			*v.Field(a) = value
		}
	}
	return v
}

// Same reports whether the value got counts as want. In a description CRLF
// equals LF, since CSV cannot carry the difference; nothing else is folded.
func (a Attribute) Same(got, want string) bool {
	if got == want {
		return true
	}
	return a == Description && unixLines(got) == unixLines(want)
}

func unixLines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

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
		a, ok := attributeOf(name)
		if !ok {
			return fmt.Errorf("%q is not an attribute", name)
		}
		*f = f.With(a)
	}
	return nil
}

// AppendJSON appends v as encoding/json writes it, several times faster: plans
// and journals are full of attributes.
func (v Attributes) AppendJSON(b []byte) []byte {
	before := byte('{')
	for a, value := range v.All() {
		if value != "" {
			b = append(b, before, '"')
			b = append(b, a.String()...)
			b = append(b, '"', ':')
			b = AppendText(b, value)
			before = ','
		}
	}
	if before == '{' {
		b = append(b, before)
	}
	return append(b, '}')
}

// AppendText appends s as a JSON string, as encoding/json writes it without
// escaping HTML.
func AppendText(b []byte, s string) []byte {
	if hasEscapes(s) {
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		_ = e.Encode(s) // a string can always be encoded
		return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// hasEscapes reports whether s has something that encoding/json escapes.
func hasEscapes(s string) bool {
	ascii := true
	for i := range len(s) {
		if s[i] < ' ' || s[i] == '"' || s[i] == '\\' {
			return true
		}
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	return !ascii && (!utf8.ValidString(s) || strings.ContainsAny(s, "\u2028\u2029"))
}
