package report

import "github.com/mattn/go-runewidth"

// screen is the width that text is laid out for, in columns.
const screen = 80

// width is the number of columns that s takes. A Han character takes two;
// characters whose width depends on the font count as narrow, whatever the
// locale says: the same input gives the same bytes everywhere.
func width(s string) int {
	if plain(s) {
		return len(s)
	}
	narrow := runewidth.Condition{StrictEmojiNeutral: true}
	return narrow.StringWidth(s)
}

// pad fills s up to a width.
func pad(s string, columns int) string { return string(appendPadded(nil, s, columns)) }

func appendPadded(text []byte, s string, columns int) []byte {
	text = append(text, s...)
	for range columns - width(s) {
		text = append(text, ' ')
	}
	return text
}

// widest returns the width that a column of texts needs which needs columns
// without s. Texts wider than a third of the screen stick out of theirs: they
// do not push the others apart.
func widest(columns int, s string) int {
	if w := width(s); w <= screen/3 {
		return max(columns, w)
	}
	return columns
}

// fill lays out pieces of text with a space between them, as many on a line as
// fit. The first line begins with head; each of the others with the first of
// the indents that leaves its piece enough room, or else with the last.
func fill(head string, indents []string, pieces ...string) (lines []string) {
	line, gap := head, ""
	narrowest := width(indents[len(indents)-1])
	for _, piece := range pieces {
		joined := line + gap + piece
		gap = " "
		if width(joined) > screen && width(line) > narrowest {
			lines = append(lines, line)
			joined = indented(indents, piece)
		}
		line = joined
	}
	return append(lines, line)
}

func indented(indents []string, piece string) string {
	for _, indent := range indents {
		if width(indent+piece) <= screen {
			return indent + piece
		}
	}
	return indents[len(indents)-1] + piece
}
