package page

import (
	"strings"
	"unicode/utf16"

	"imgrename/report"
)

// compare marks the part in which two texts differ.
func compare(old, name string) edit {
	begin, end := report.Shared(old, name)
	return edit{Old: valueOf(old, begin, end), New: valueOf(name, begin, end)}
}

// valueOf returns a value of which all changes but begin bytes at its start and end
// bytes at its end.
func valueOf(s string, begin, end int) value {
	from := lengthUTF16(s[:begin])
	return value{s, from, from + lengthUTF16(s[begin:len(s)-end])}
}

// mark marks a part of a value, where it stands last, and reports whether it is
// there.
func (v *value) mark(part string) bool {
	at := strings.LastIndex(v.Text, part)
	if part == "" || at < 0 {
		return false
	}
	*v = valueOf(v.Text, at, len(v.Text)-at-len(part))
	return true
}

// lengthUTF16 is the length of a text as scripts of a page count it.
func lengthUTF16(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// sliceUTF16 returns a part of a text by places in UTF-16 units.
func sliceUTF16(s string, from, to int) string {
	return string(utf16.Decode(utf16.Encode([]rune(s))[from:to]))
}
