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
	class      class
}

// maxTokens is how many tokens a name is read as; the last one has the rest.
// Names that people give have a dozen. It bounds the work for those that have
// hundreds.
const maxTokens = 48

// tokens appends the tokens of a name.
func tokens(into []token, name string) []token {
	for i := 0; i < len(name); {
		if len(into) == maxTokens {
			into[maxTokens-1].end, into[maxTokens-1].class = int32(len(name)), letters
			break
		}
		start := i
		kind, size := classAt(name, i)
		for i += size; kind != separator && i < len(name); i += size {
			var next class
			if next, size = classAt(name, i); next != kind {
				break
			}
		}
		into = append(into, token{int32(start), int32(i), kind})
	}
	return into
}

// classAt returns the class and the length of the character at i.
func classAt(s string, i int) (class, int) {
	c := s[i]
	switch {
	case c >= utf8.RuneSelf:
		r, size := utf8.DecodeRuneInString(s[i:])
		return classOf(r), size
	case '0' <= c && c <= '9':
		return digits, 1
	case 'a' <= c|0x20 && c|0x20 <= 'z':
		return letters, 1
	}
	return separator, 1
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
