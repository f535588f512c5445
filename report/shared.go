package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Shared returns how many bytes two texts share at their beginning and at their
// end: what is left between them is the part in which they differ. A letter is
// not parted from its marks. What is shared by chance, a few letters of many,
// does not count.
func Shared(old, name string) (begin, end int) {
	begin = commonStart(old, name)
	end = commonEnd(old[begin:], name[begin:])
	if 3*(begin+end) < min(len(old), len(name)) {
		return 0, 0
	}
	return begin, end
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
