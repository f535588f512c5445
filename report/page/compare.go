package page

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// compare finds the part in which two texts differ: what is left between the
// beginning and the end that they share. A letter is not parted from its marks.
// What is shared by chance, a few letters of many, does not count.
func compare(old, name string) edit {
	begin := commonStart(old, name)
	end := commonEnd(old[begin:], name[begin:])
	if 3*(begin+end) < min(len(old), len(name)) {
		begin, end = 0, 0
	}
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

// commonStart is the length in bytes of what two texts begin with.
func commonStart(a, b string) (n int) {
	letter := 0 // where the last letter began, without its marks
	for n < len(a) {
		r, size := utf8.DecodeRuneInString(a[n:])
		if !strings.HasPrefix(b[n:], a[n:n+size]) {
			break
		}
		if !unicode.IsMark(r) {
			letter = n
		}
		n += size
	}
	if beginsWithMark(a[n:]) || beginsWithMark(b[n:]) {
		return letter
	}
	return n
}

// commonEnd is the length in bytes of what two texts end with.
func commonEnd(a, b string) (n int) {
	whole := 0 // the end that begins with a letter
	for n < len(a) {
		r, size := utf8.DecodeLastRuneInString(a[:len(a)-n])
		if !strings.HasSuffix(b[:len(b)-n], a[len(a)-n-size:len(a)-n]) {
			break
		}
		n += size
		if !unicode.IsMark(r) {
			whole = n
		}
	}
	return whole
}

func beginsWithMark(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsMark(r)
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
