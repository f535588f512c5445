package review

import (
	"unicode"
	"unicode/utf8"
)

// A class is what a character is to a name.
type class uint8

const (
	separator class = iota // a token by itself
	letters
	digits
	han
)

// A token is a run of letters, of digits or of Han characters, or one other
// character.
type token struct {
	start, end int32 // in the name
	// sign is the same for equal tokens, and mostly another one for others.
	sign  uint32
	class class
}

// maxTokens is how many tokens a name is read as; the last one has the rest.
// Names that people give have a dozen. It bounds the work for those that have
// hundreds.
const maxTokens = 48

// tokens appends the tokens of a name.
func tokens(into []token, name string) []token {
	for i := 0; i < len(name); {
		if len(into) == maxTokens {
			last := &into[maxTokens-1]
			last.end, last.class, last.sign = int32(len(name)), letters, 0
			break
		}
		start := i
		kind, size := classAt(name, i)
		i += size
		if kind != separator {
			i = runEnd(name, i, kind)
		}
		sign := uint32(kind)<<24 | uint32(uint8(i-start))<<16 | uint32(name[start])<<8 | uint32(name[i-1])
		into = append(into, token{int32(start), int32(i), sign, kind})
	}
	return into
}

// runEnd returns where a run of characters of one class ends.
func runEnd(name string, i int, kind class) int {
	for i < len(name) {
		next, size := classAt(name, i)
		if next != kind {
			break
		}
		i += size
	}
	return i
}

// ascii has the classes of single bytes.
var ascii = func() (table [utf8.RuneSelf]class) {
	for c := range table {
		switch {
		case '0' <= c && c <= '9':
			table[c] = digits
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			table[c] = letters
		}
	}
	return table
}()

// classAt returns the class and the length of the character at i.
func classAt(s string, i int) (class, int) {
	if c := s[i]; c < utf8.RuneSelf {
		return ascii[c], 1
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	return classOf(r), size
}

// classOf returns the class of a character that is not ASCII. Digits of other
// scripts and widths are no digits: a name that has one differs from its rule.
func classOf(r rune) class {
	switch {
	case unicode.Is(unicode.Han, r):
		return han
	case unicode.IsLetter(r), unicode.IsMark(r):
		return letters
	}
	return separator
}

func (t token) in(s string) string { return s[t.start:t.end] }
