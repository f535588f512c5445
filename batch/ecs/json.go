package ecs

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

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
