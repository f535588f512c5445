package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Printable escapes what a terminal could act on or a reader could not see:
// control characters, delete and the C1 range, marks that change the direction
// of text, zero-width characters, tags, line and paragraph separators, and bytes
// that are not UTF-8. A byte becomes \xff, a character \u202e. Backslashes are
// not escaped, so text that is already printable does not change.
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
			r = 0 // not a symbol, as U+FFFD is
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

// plain reports whether s is ASCII without controls, as nearly all texts are.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7F {
			return false
		}
	}
	return true
}

// emojiStyle selects the coloured form of the symbol before it, as in ☁️.
// Anywhere else it is not seen.
const emojiStyle = '\uFE0F'

// unseen reports whether a character must not be shown as it is. Categories Cc
// and Cf hold the controls, the bidi marks, most zero-width characters and the
// tags; Zl and Zp break lines; the rest are fillers, selectors and code points
// without a character, which are drawn as nothing. Private characters may be
// shown: old Chinese text has some.
func unseen(r rune) bool {
	if r < 0x7F {
		return r < ' '
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point)
}

// cell returns s as a spreadsheet cell: printable, and not read as a formula.
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

// Encoder returns an encoder of JSON Lines that are safe on a terminal: what
// [Printable] would escape is written as a JSON escape, so a program still reads
// the exact value.
func Encoder(w io.Writer) *json.Encoder {
	out := json.NewEncoder(escaper{w})
	out.SetEscapeHTML(false)
	return out
}

// An escaper escapes unseen characters in JSON texts. An encoder writes each text
// with one call and in UTF-8, and uses characters beyond ASCII only in strings.
type escaper struct{ w io.Writer }

func (e escaper) Write(p []byte) (int, error) {
	text := p
	if bytes.IndexFunc(bytes.TrimSuffix(p, []byte("\n")), unseen) >= 0 {
		text = escapedJSON(p)
	}
	if _, err := e.w.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

func escapedJSON(p []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(p) {
		if r == '\n' || !unseen(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.Bytes()
}
