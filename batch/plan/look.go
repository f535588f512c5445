package plan

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// look returns the same text for names that look the same: compatibility forms
// (NFKC, Unicode Standard Annex 15) without case and without what shows nothing,
// and Latin letters for those of Cyrillic and Greek that look like them.
func look(name string) string {
	if isASCII(name) {
		return strings.ToLower(name)
	}
	return norm.NFKC.String(strings.Map(lookOf, norm.NFKC.String(name)))
}

func lookOf(r rune) rune {
	if unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
		return -1
	}
	r = unicode.ToLower(unicode.ToUpper(r))
	if latin, ok := twins[r]; ok {
		return latin
	}
	return r
}

// twins are letters that look like a Latin one, in lower case or in capitals:
// the common ones of the table that comes with Unicode Technical Standard 39.
var twins = map[rune]rune{
	// Cyrillic
	'а': 'a', 'в': 'b', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'һ': 'h', 'н': 'h', 'і': 'i', 'ј': 'j', 'к': 'k', 'м': 'm',
	'о': 'o', 'р': 'p', 'ԛ': 'q', 'ѕ': 's', 'т': 't', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x', 'у': 'y', 'ү': 'y',
	// Greek
	'α': 'a', 'β': 'b', 'ε': 'e', 'η': 'h', 'ι': 'i', 'κ': 'k', 'μ': 'm', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't',
	'υ': 'y', 'χ': 'x', 'ζ': 'z',
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// alikeNow returns an image whose name looks like the given one, nil if there is
// none. The names are gone through once for a lane, when first needed.
func (b *board) alikeNow(name string) *holder {
	if b.looks == nil {
		b.looks = make(map[string]*holder, len(b.holders))
		for i := range b.holders {
			h := &b.holders[i]
			if key := look(h.ImageName); b.looks[key] == nil && h.ImageName != "" {
				b.looks[key] = h
			}
		}
	}
	return b.looks[look(name)]
}

// reveal quotes a value that is shown beside another one. If they look alike, it
// escapes the characters in which they differ: "caf\u00e9" beside "cafe\u0301".
func reveal(value, other string) string {
	if value == other || look(value) != look(other) {
		return strconv.Quote(value)
	}
	start := common(value, other)
	end := len(value) - commonEnd(value[start:], other[start:])
	for end < len(value) {
		r, size := utf8.DecodeRuneInString(value[end:])
		if !unicode.IsMark(r) {
			break
		}
		end += size // it would be drawn over the escape before it
	}
	inner := func(quoted string) string { return quoted[1 : len(quoted)-1] }
	return `"` + inner(strconv.Quote(value[:start])) + inner(strconv.QuoteToASCII(value[start:end])) +
		inner(strconv.Quote(value[end:])) + `"`
}

// common is the length in bytes of the characters with which both begin.
func common(a, b string) (n int) {
	for n < len(a) {
		_, size := utf8.DecodeRuneInString(a[n:])
		if !strings.HasPrefix(b[n:], a[n:n+size]) {
			break
		}
		n += size
	}
	return n
}

// commonEnd is the length in bytes of the characters with which both end.
func commonEnd(a, b string) (n int) {
	for n < len(a) {
		_, size := utf8.DecodeLastRuneInString(a[:len(a)-n])
		if !strings.HasSuffix(b[:len(b)-n], a[len(a)-n-size:len(a)-n]) {
			break
		}
		n += size
	}
	return n
}
