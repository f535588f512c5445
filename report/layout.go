package report

import "github.com/mattn/go-runewidth"

// screen is the width, in columns, that text is laid out for.
const screen = 80

// width returns the number of columns that s takes. A Han character takes two.
// Characters whose width depends on the font count as narrow in every locale, so
// that the same input gives the same bytes everywhere. Colours take no column.
func width(s string) int {
	if plain(s) {
		return len(s)
	}
	narrow := runewidth.Condition{StrictEmojiNeutral: true}
	return narrow.StringWidth(uncolored(s))
}

// pad fills s with spaces to a width.
func pad(s string, columns int) string { return string(appendPadded(nil, s, columns)) }

func appendPadded(text []byte, s string, columns int) []byte {
	text = append(text, s...)
	for range columns - width(s) {
		text = append(text, ' ')
	}
	return text
}

// widest returns the width of a column once s joins it; without s it is columns.
// A text wider than a third of the screen does not count: it sticks out of its
// column instead of widening it.
func widest(columns int, s string) int { return widestOn(screen, columns, s) }

// widestOn is widest for a screen of another width.
func widestOn(screen, columns int, s string) int {
	if w := width(s); w <= screen/3 {
		return max(columns, w)
	}
	return columns
}

// A layout is the width that lines are laid out for, in columns.
type layout int

// fill puts as many pieces of text on a line as fit, with a space between them.
// The first line begins with head. Each other line begins with the first indent
// that leaves its piece enough room, or else with the last indent.
func (l layout) fill(head string, indents []string, pieces ...string) (lines []string) {
	line, gap := head, ""
	narrowest := width(indents[len(indents)-1])
	for _, piece := range pieces {
		joined := line + gap + piece
		gap = " "
		if width(joined) > int(l) && width(line) > narrowest {
			lines = append(lines, line)
			joined = l.indented(indents, piece)
		}
		line = joined
	}
	return append(lines, line)
}

func (l layout) indented(indents []string, piece string) string {
	for _, indent := range indents {
		if width(indent+piece) <= int(l) {
			return indent + piece
		}
	}
	return indents[len(indents)-1] + piece
}
