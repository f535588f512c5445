package review

import "strings"

// A match is how a value fits the left side of a rule.
type match struct {
	value string
	stars [maxBlocks]string
	runs  []string // the digits under # on the left
}

// maxSteps is how many steps are made to find the ways in which a value fits. A
// value that fits in very many ways is not looked at further.
const maxSteps = 400

// A fitter finds the ways in which a value fits a left side.
type fitter struct {
	items  []item
	tokens []token
	match  match
	steps  int
	found  func(*match) (done bool)
}

// fit calls found for each way in which the value fits, until it is done.
func (f *fitter) fit(left []item, value string, found func(*match) bool) {
	if f.quickly(left, value) {
		f.items, f.found, f.steps = left, found, maxSteps
		f.tokens = tokens(f.tokens[:0], value)
		f.match.value, f.match.runs = value, f.match.runs[:0]
		f.from(0, 0)
	}
}

// quickly reports false for most values that do not fit.
func (f *fitter) quickly(left []item, value string) bool {
	if len(left) == 0 || value == "" {
		return false
	}
	a, z := left[0], left[len(left)-1]
	return (a.kind != literal || strings.HasPrefix(value, a.text)) && (z.kind != literal || strings.HasSuffix(value, z.text))
}

// fits reports whether the value fits at all.
func (f *fitter) fits(left []item, value string) (yes bool) {
	f.fit(left, value, func(*match) bool { yes = true; return true })
	return yes
}

// from fits items from one on to tokens from one on, and reports whether it is
// done.
func (f *fitter) from(i, t int) (done bool) {
	if f.steps--; f.steps < 0 {
		return true
	}
	switch {
	case i == len(f.items):
		return t == len(f.tokens) && f.found(&f.match)
	case t == len(f.tokens):
		return false
	}
	switch it := f.items[i]; it.kind {
	case literal:
		next, ok := f.skip(t, it.text)
		return ok && f.from(i+1, next)
	case number:
		if f.tokens[t].class != digits {
			return false
		}
		f.match.runs = append(f.match.runs, f.tokens[t].in(f.match.value))
		done = f.from(i+1, t+1)
		f.match.runs = f.match.runs[:len(f.match.runs)-1]
		return done
	default:
		return f.run(i, t)
	}
}

// run fits a star or a word, the longest run of tokens first.
func (f *fitter) run(i, t int) (done bool) {
	it := f.items[i]
	if f.tokens[t].class == separator {
		return false
	}
	end := t + 1
	for end < len(f.tokens) && f.within(it, f.tokens[end]) {
		end++
	}
	for ; end > t && !done; end-- {
		if f.tokens[end-1].class == separator {
			continue
		}
		if it.kind == star {
			f.match.stars[it.n] = f.match.value[f.tokens[t].start:f.tokens[end-1].end]
		}
		done = f.from(i+1, end)
	}
	return done
}

// within reports whether a star or a word may have a token.
func (f *fitter) within(it item, t token) bool {
	if t.class != separator {
		return true
	}
	return it.kind == star && !strings.Contains(it.text, t.in(f.match.value))
}

// skip returns the token after a text at t, and whether that is there.
func (f *fitter) skip(t int, text string) (next int, ok bool) {
	start := f.tokens[t].start
	if !strings.HasPrefix(f.match.value[start:], text) {
		return 0, false
	}
	end := start + int32(len(text))
	for ; t < len(f.tokens) && f.tokens[t].start < end; t++ {
	}
	return t, f.tokens[t-1].end == end
}

// A maker makes the value that a rule gives.
type maker struct {
	source source
	region string
	buffer []byte
}

// value returns what the right side gives for a match. Where the rule leaves
// open which number or word there is, it is that of the actual value if this is
// as expected so far, else # for each digit. exact reports whether it is the
// actual value.
func (m *maker) value(right []item, from *match, actual string) (value string, exact bool) {
	m.source.runs = from.runs
	if len(m.source.runs) > maxRuns {
		m.source.runs = m.source.runs[:maxRuns]
	}
	m.buffer = m.buffer[:0]
	rest, agrees := actual, true // what is left of the actual value
	for _, it := range right {
		piece := m.piece(it, from, rest, agrees)
		m.buffer = append(m.buffer, piece...)
		if agrees = agrees && strings.HasPrefix(rest, piece); agrees {
			rest = rest[len(piece):]
		}
	}
	return string(m.buffer), agrees && rest == ""
}

func (m *maker) piece(it item, from *match, rest string, agrees bool) string {
	switch it.kind {
	case literal:
		return it.text
	case star:
		return from.stars[it.n]
	case region:
		return regionPart(m.region, it.n)
	case mixed:
		return ""
	}
	var kind class
	width := 0
	if agrees && rest != "" {
		kind, width = classAt(rest, 0)
		width = runEnd(rest, width, kind)
	}
	if it.kind == computed {
		n, _ := m.source.number(explanation(it.n), width)
		return n
	}
	return it.like(rest[:width], kind)
}

// like returns the actual run of characters if a number or a word may be that,
// else a stand-in.
func (it item) like(actual string, kind class) string {
	switch {
	case it.kind == word && (kind == letters || kind == han):
		return actual
	case it.kind == word:
		return "{word}"
	case kind == digits && it.least <= len(actual) && len(actual) <= it.most:
		return actual
	}
	return strings.Repeat("#", it.most)
}
