package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns s with everything escaped that a terminal could act on or
// that a reader could not see: control characters, delete and the C1 range,
// marks that turn the direction of text, zero-width characters, tags, line and
// paragraph separators, and bytes that are not UTF-8.
func Printable(s string) string {
	if strings.IndexFunc(s, unseen) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unseen(r) && r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case unseen(r) && r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		case unseen(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unseen tells whether a character must not be shown as it is. Categories Cc
// and Cf hold the controls, the bidi marks, the zero-width characters and the
// tags; Zl and Zp break lines; Co and Cs have no agreed shape.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs) ||
		unicode.Is(unicode.Variation_Selector, r) || r == 0x115F || r == 0x1160 || r == 0x3164 || r == 0xFFA0
}

// cell returns s for a spreadsheet: printable, and not taken for a formula.
func cell(s string) string {
	s = Printable(s)
	if s != "" && strings.ContainsRune("=+-@'", rune(s[0])) {
		return "'" + s
	}
	return s
}
