package review

import (
	"slices"
	"strconv"
	"strings"
)

// A kind says what an item of a pattern stands for.
type kind uint8

const (
	literal  kind = iota // its text
	star                 // what is kept: on the left anything, on the right the star of that number
	number               // a run of digits
	word                 // a run of letters and digits
	region               // the region's id, or one of its parts
	computed             // a number that has an explanation
	open                 // on the right, a run of digits that is not decided yet
	mixed                // at the end: a star has a separator that is dropped elsewhere
)

// An item is one piece of a pattern.
type item struct {
	kind kind
	text string // a literal's; the separators that a star on the left has not
	n    int    // a star's number from 0; a region's part from 1, 0 for all of it; an explanation
	// least and most are how many digits a number on the right may have.
	least, most int
}

// A pattern is both sides of a rule.
type pattern struct{ left, right []item }

// A key is a pattern in one text, for maps. Items that are no literal are two
// bytes: mark, and the kind with its number. A mark in a literal is doubled.
const (
	mark     = 0x01
	keyArrow = 0xff // after a mark: the right side begins
)

func appendKey(key []byte, k kind, n int) []byte {
	return append(key, mark, 0x10*byte(k)+byte(n))
}

func appendLiteral(key []byte, text string) []byte {
	if strings.IndexByte(text, mark) < 0 {
		return append(key, text...)
	}
	return append(key, strings.ReplaceAll(text, "\x01", "\x01\x01")...)
}

// parse returns the pattern of a key.
func parse(key string) (p pattern) {
	side := &p.left
	var text []byte
	flush := func() {
		if len(text) > 0 {
			*side = append(*side, item{kind: literal, text: string(text)})
			text = text[:0]
		}
	}
	for i := 0; i < len(key); i++ {
		if key[i] != mark {
			text = append(text, key[i])
			continue
		}
		i++
		switch key[i] {
		case mark:
			text = append(text, mark)
		case keyArrow:
			flush()
			side = &p.right
		default:
			flush()
			*side = append(*side, item{kind: kind(key[i] / 0x10), n: int(key[i] % 0x10)})
		}
	}
	flush()
	p.bar()
	return p
}

// bar keeps out of the stars the separators that are dropped between stars, unless
// the pattern is mixed.
func (p *pattern) bar() {
	if n := len(p.right); n > 0 && p.right[n-1].kind == mixed {
		return
	}
	var dropped string
	for i := 1; i < len(p.left)-1; i++ {
		if it := p.left[i]; it.kind == literal && p.left[i-1].kind == star && p.left[i+1].kind == star &&
			isSeparator(it.text) && !p.adds(it.text) {
			dropped += it.text
		}
	}
	for i := range p.left {
		if it := &p.left[i]; it.kind == star {
			it.text = dropped
		}
	}
}

// once returns the pattern's text without repetitions of a separator that is
// replaced between stars; none if no separator is.
func (p *pattern) once() string {
	if !slices.ContainsFunc(p.left, func(it item) bool { return it.kind == star && it.text != "" }) {
		return ""
	}
	left, right := text(p.left), text(p.right)
	for _, side := range []*string{&left, &right} {
		for _, repeated := range repetitions {
			for strings.Contains(*side, repeated) {
				*side = strings.ReplaceAll(*side, repeated, repeated[:3])
			}
		}
	}
	return left + " → " + right
}

// repetitions of separators that names have.
var repetitions = []string{"*-*-*", "*_*_*", "*.*.*", "*:*:*"}

// adds reports whether a separator is on the right, too.
func (p *pattern) adds(text string) bool {
	return slices.ContainsFunc(p.right, func(it item) bool {
		return it.kind == literal && strings.Contains(it.text, text) || it.kind == region && text == "-"
	})
}

// isSeparator reports whether a text is one separator.
func isSeparator(text string) bool {
	kind, size := classAt(text, 0)
	return kind == separator && size == len(text)
}

// key returns the pattern's key. Of a number's width it says nothing.
func (p pattern) key() string {
	var key []byte
	for _, it := range p.left {
		key = it.append(key)
	}
	key = append(key, mark, keyArrow)
	for _, it := range p.right {
		key = it.append(key)
	}
	return string(key)
}

func (it item) append(key []byte) []byte {
	switch it.kind {
	case literal:
		return appendLiteral(key, it.text)
	case computed:
		return append(appendKey(key, computed, 0), byte(it.n))
	}
	return appendKey(key, it.kind, it.n)
}

// text returns one side as rules show it. Stars that come in another order than
// on the left have numbers.
func text(side []item) string {
	next, ordered := 0, true
	for _, it := range side {
		if it.kind == star {
			ordered = ordered && it.n == next
			next++
		}
	}
	var b strings.Builder
	for i := 0; i < len(side); i++ {
		if date, n := dateAt(side[i:]); n > 1 {
			b.WriteString("{created:" + date + "}")
			i += n - 1
			continue
		}
		b.WriteString(side[i].phrase(!ordered))
	}
	return shown(b.String())
}

// dateAt returns the format of a date that is written in parts, and the number
// of its items: {created:2006}-{created:01} is {created:2006-01}.
func dateAt(side []item) (format string, n int) {
	for i := 0; i < len(side) && side[i].dated(); i += 2 {
		format += createdFormats[side[i].n-int(created)]
		n = i + 1
		if n+1 >= len(side) || side[n].kind != literal || len(side[n].text) != 1 || !side[n+1].dated() {
			break
		}
		format += side[n].text
	}
	return format, n
}

// dated reports whether the item is a part of the creation time.
func (it item) dated() bool {
	return it.kind == computed && created <= explanation(it.n) && explanation(it.n) < partOf
}

func (it item) phrase(numbered bool) string {
	switch it.kind {
	case literal:
		return it.text
	case star:
		if numbered {
			return "{" + strconv.Itoa(it.n+1) + "}"
		}
		return "*"
	case word:
		return "{word}"
	case region:
		if it.n > 0 {
			return "{region:" + strconv.Itoa(it.n) + "}"
		}
		return "{region}"
	case computed:
		return explanation(it.n).phrase()
	case mixed:
		return ""
	default:
		return "#"
	}
}

// solid reports whether a side has a literal letter or digit.
func solid(side []item) bool { return weight(side) > 0 }

// weight is how many bytes of letters, digits and Han the side's literals have.
func weight(side []item) (n int) {
	for _, it := range side {
		if it.kind != literal {
			continue
		}
		for _, t := range tokens(nil, it.text) {
			if t.class != separator {
				n += int(t.end - t.start)
			}
		}
	}
	return n
}
