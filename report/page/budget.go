package page

import (
	"strings"
	"unicode/utf8"
)

// MaxMarkdown is how many characters a Markdown page has at most, provided that
// the texts of Info are of a few hundred. It is a little less than the smallest
// limit of the hosts of merge requests, Bitbucket's 32,768.
const MaxMarkdown = 30_000

// A part is a heading and what stands below it.
type part struct {
	title string // a line
	intro string // paragraphs, or empty
	items []item
	noun  string // what an item is
	// rank says when items are left out: those of the highest rank first.
	rank int
	keep int
}

// An item is one or more lines. Above may be a heading: it stands only if the
// item does.
type item struct{ above, text string }

// fit sets how many items each part keeps, and reports whether that is all.
func fit(parts []part, room int) (all bool) {
	for i := range parts {
		p := &parts[i]
		p.keep = len(p.items)
		room -= p.size()
	}
	if room >= 0 {
		return true
	}
	for rank := highest(parts); rank > 0 && room < 0; rank-- {
		for i := range parts {
			if p := &parts[i]; p.rank == rank && room < 0 {
				room += p.shorten(-room)
			}
		}
	}
	return false
}

func highest(parts []part) (rank int) {
	for i := range parts {
		rank = max(rank, parts[i].rank)
	}
	return rank
}

// shorten leaves items out, from the last one, until so many characters are
// saved or none is left. It returns how many are saved.
func (p *part) shorten(wanted int) (saved int) {
	before := p.size()
	size := before + length(p.left(len(p.items)))
	for p.keep > 0 && before-size < wanted {
		p.keep--
		size -= p.items[p.keep].size()
	}
	return before - size
}

func (i item) size() int { return length(i.above) + length(i.text) }

// size is the number of characters of a part, without the line that says what is
// left out of it.
func (p *part) size() int {
	n := length(p.title) + length(p.intro) + len("\n\n\n\n")
	for _, i := range p.items[:p.keep] {
		n += i.size()
	}
	return n
}

// left says how much is left out.
func (p *part) left(n int) string { return "… " + text(say(leftOut, counted{n, p.noun})) + "\n" }

// write appends the part, with a blank line after each of its blocks.
func (p *part) write(b *strings.Builder) {
	b.WriteString(p.title + "\n")
	if p.intro != "" {
		b.WriteString(p.intro + "\n")
	}
	for _, i := range p.items[:p.keep] {
		b.WriteString(i.above)
		b.WriteString(i.text)
	}
	if p.keep > 0 {
		b.WriteString("\n")
	}
	if n := len(p.items) - p.keep; n > 0 {
		b.WriteString(p.left(n) + "\n")
	}
}

func length(s string) int { return utf8.RuneCountInString(s) }
