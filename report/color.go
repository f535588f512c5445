package report

import "strings"

// A color is the parameters of a terminal's escape sequence.
type color string

const (
	struck color = "9;31" // an old value: struck out, red
	green  color = "32"   // a new value
	yellow color = "33"   // a new value that fits no rule
	bold   color = "1"    // a heading
)

const escape = "\x1b["

// on colours a text, which passed Printable: no escape sequence but these gets
// to a terminal.
func (c color) on(text string) string {
	if text == "" {
		return ""
	}
	return escape + string(c) + "m" + text + escape + "0m"
}

// uncolored removes the colours from a text.
func uncolored(s string) string {
	for {
		before, colored, found := strings.Cut(s, escape)
		if !found {
			return s
		}
		_, after, _ := strings.Cut(colored, "m")
		s = before + after
	}
}
