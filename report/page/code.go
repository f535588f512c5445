package page

import (
	"strings"
)

// span returns printable text, which must not be empty, as a code span of
// CommonMark (section 6.1). Whatever the text is, a renderer shows it as it is.
// No such span stands in a table, where a | would end its cell.
func span(s string) string {
	ticks := strings.Repeat("`", longestRun(s)+1)
	if padded(s) {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// padded reports whether a renderer would take something away from the ends of a
// span, or take a backtick there for a part of the fence.
func padded(s string) bool {
	if s[0] == '`' || s[len(s)-1] == '`' {
		return true
	}
	return s[0] == ' ' && s[len(s)-1] == ' ' && strings.Trim(s, " ") != ""
}

// block returns printable text as a block of code.
func block(language, s string) string {
	fence := strings.Repeat("`", max(3, longestRun(s)+1))
	return fence + language + "\n" + s + "\n" + fence + "\n"
}

// longestRun is the length of the longest run of backticks.
func longestRun(s string) (longest int) {
	run := 0
	for i := range len(s) {
		if s[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
