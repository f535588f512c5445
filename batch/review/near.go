package review

import (
	"strings"
	"unicode/utf8"
)

// A difference is the one part in which two texts differ.
type difference struct{ got, want string }

func (d difference) size() int { return len(d.got) + len(d.want) }

// maxDifference is how many bytes a near miss differs in at most, on one side.
const maxDifference = 40

// compare returns the part in which a text differs from the one that is wanted,
// in whole words and numbers. It reports whether that is little: what agrees
// before and after it is at least half of the shorter text.
func compare(got, want string) (d difference, little bool) {
	start := 0
	for start < len(got) && start < len(want) && matches(got[start], want[start]) {
		start++
	}
	end := 0
	for end < min(len(got), len(want))-start && matches(got[len(got)-1-end], want[len(want)-1-end]) {
		end++
	}
	agreeing := start + end
	for start > 0 && (inside(got, start) || inside(want, start)) {
		start--
	}
	for end > 0 && (inside(got, len(got)-end) || inside(want, len(want)-end)) {
		end--
	}
	d = difference{got[start : len(got)-end], want[start : len(want)-end]}
	return d, agreeing > 0 && 2*agreeing >= min(len(got), len(want)) && max(len(d.got), len(d.want)) <= maxDifference
}

// matches reports whether two bytes are the same, or a digit where any is wanted.
func matches(got, want byte) bool {
	return got == want || want == '#' && '0' <= got && got <= '9'
}

// inside reports whether a position is within a character, a word or a number.
// Han has no words: any two characters of it may be apart.
func inside(s string, i int) bool {
	if i <= 0 || i >= len(s) {
		return false
	}
	if !utf8.RuneStart(s[i]) {
		return true
	}
	_, size := utf8.DecodeLastRuneInString(s[:i])
	before, after := at(s, i-size), at(s, i)
	return before == after && (before == letters || before == digits)
}

// at returns the class at a position; # is a digit.
func at(s string, i int) class {
	if s[i] == '#' {
		return digits
	}
	c, _ := classAt(s, i)
	return c
}

// A neighbour is the rule that a row nearly fits.
type neighbour struct {
	rule int // -1 for none
	difference
}

// near returns the rule from which a row differs least, if that is little. The
// row is compared with what each rule gives for its old value; a row whose old
// value does not fit, by the pattern that it has itself.
func (s *survey) near(f *fitter, row int32, rules []group) neighbour {
	best := neighbour{rule: -1}
	take := func(rule int, got, want string) {
		if d, little := compare(got, want); little && d.size() > 0 && (best.rule < 0 || d.size() < best.size()) {
			best = neighbour{rule, d}
		}
	}
	old, new, m := s.maker(row)
	own := s.own(row)
	for i := range rules {
		p := &rules[i].pattern
		fits := false
		f.fit(p.left, old, func(found *match) bool {
			fits = true
			want, _ := m.value(p.right, found, new)
			take(i, new, want)
			return false
		})
		if !fits && agree(f, m, own, p, old, new) {
			take(i, text(own.left), text(p.left))
		}
	}
	return best
}

// agree reports whether the right side of a rule gives the new value for what a
// row keeps of the old one, though that does not fit the left side.
func agree(f *fitter, m *maker, own pattern, rule *pattern, old, new string) (yes bool) {
	if stars(own.left) != stars(rule.left) {
		return false
	}
	f.fit(own.left, old, func(found *match) bool {
		_, yes = m.value(rule.right, found, new)
		return yes
	})
	return yes
}

func stars(side []item) (n int) {
	for _, it := range side {
		if it.kind == star {
			n++
		}
	}
	return n
}

// own returns the pattern of one row by itself.
func (s *survey) own(row int32) pattern {
	s.set(int(row))
	return parse(string(s.reader.key(false)))
}

// shown returns a part of a value as it is shown.
func shown(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
