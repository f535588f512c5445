package ecssim

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The text rules of the ModifyImageAttribute reference, written down apart from
// the client's, so that a mistake in either shows.

// legalName checks an ImageName or ImageFamily. Where the editions of the page
// disagree about "." and ":", both are allowed.
func legalName(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	if n := utf8.RuneCountInString(s); n < 2 || n > 128 {
		return false
	}
	if strings.HasPrefix(s, "aliyun") || strings.HasPrefix(s, "acs:") {
		return false
	}
	if strings.Contains(s, "http://") || strings.Contains(s, "https://") {
		return false
	}
	for i, r := range s {
		if i == 0 && !nameLetter(r) || i > 0 && !nameRune(r) {
			return false
		}
	}
	return true
}

// nameLetter reports whether r is a letter or a Chinese character, which to
// Unicode is a letter as well.
func nameLetter(r rune) bool { return unicode.IsLetter(r) }

func nameRune(r rune) bool {
	return nameLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(".:_-", r)
}

func legalDescription(s string) bool {
	n := utf8.RuneCountInString(s)
	return utf8.ValidString(s) && n >= 2 && n <= 256 &&
		!strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://")
}
