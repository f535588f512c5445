package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns s with everything escaped that a terminal could act on or
// that a reader could not see: control characters, delete and the C1 range,
// marks that turn the direction of text, zero-width characters, tags, line and
// paragraph separators, and bytes that are not UTF-8. A byte comes out as \xff,
// a character as \u202e. Backslashes stay as they are, so that what is
// printable already comes out unchanged.
func Printable(s string) string {
	if plain(s) {
		return s
	}
	if strings.IndexFunc(s, unseen) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	var before rune
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, s[i])
			r = 0 // it is no symbol, as U+FFFD is
		case !unseen(r), r == emojiStyle && unicode.Is(unicode.So, before):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		before = r
	}
	return b.String()
}

// plain tells whether s is ASCII without controls, as nearly everything is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7F {
			return false
		}
	}
	return true
}

// emojiStyle asks for the coloured form of the symbol before it, as in ☁️. It is
// seen there, and nowhere else.
const emojiStyle = '\uFE0F'

// unseen tells whether a character must not be shown as it is. Categories Cc
// and Cf hold the controls, the bidi marks, most zero-width characters and the
// tags; Zl and Zp break lines; the others are fillers, selectors and code
// points without a character that are drawn as nothing. Private characters are
// seen: old Chinese text has some.
func unseen(r rune) bool {
	if r < 0x7F {
		return r < ' '
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point)
}

// cell returns s for a spreadsheet: printable, and not taken for a formula.
func cell(s string) string {
	s = Printable(s)
	if s == "" {
		return s
	}
	switch s[0] {
	case '=', '+', '-', '@', '\'':
		return "'" + s
	default:
		return s
	}
}
