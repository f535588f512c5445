package manifest

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

const (
	// certainty is the logarithm of how many times likelier the encoding that
	// is read must be than any other: some thousand times.
	certainty = 7
	// utf8Bonus speaks for UTF-8, as a logarithm: few texts in other encodings
	// are valid UTF-8, and it is what most programs write.
	utf8Bonus = 5
	// unknownMalus speaks against a code page that we do not know, in which
	// all bytes are equally likely.
	unknownMalus = 7
	// weighed is how many bytes are weighed, of those that [freshness] counts.
	// A language shows in far fewer.
	weighed = 1 << 10
)

// A verdict says which encoding a text is in.
type verdict struct {
	best    *codePage // the likeliest of those that are read, nil if none fits
	rival   *codePage // the likeliest other, nil if none fits
	certain bool      // the text cannot sensibly be in any encoding but best
}

// judge weighs the readings of a text.
func judge(text []byte) verdict {
	text = condense(text)
	fresh, n := freshness(text)
	text = text[:len(fresh)]
	var v verdict
	best, rival := math.Inf(-1), math.Inf(-1)
	for i := range codePages {
		p := &codePages[i]
		likelihood, fits := p.likelihood(text, fresh)
		if !fits {
			continue
		}
		if p.name == utf8n {
			likelihood += utf8Bonus
		}
		if i < readable && likelihood > best {
			v.best, p = p, v.best
			best, likelihood = likelihood, best
		}
		if p != nil && likelihood > rival {
			v.rival, rival = p, likelihood
		}
	}
	unknown := -math.Log(94)*float64(n) - unknownMalus
	v.certain = n > 0 && v.best != nil && best >= max(rival, unknown)+certainty
	return v
}

// shown returns the code pages whose readings tell what is uncertain.
func (v verdict) shown(text []byte) []*codePage {
	var shown []*codePage
	if v.best != nil {
		shown = append(shown, v.best)
	}
	for i := range codePages[:readable] {
		p := &codePages[i]
		if p != v.best && p != v.rival && p.chars(text, func(int, char) bool { return true }) {
			shown = append(shown, p)
		}
	}
	if v.rival != nil {
		shown = append(shown, v.rival)
	}
	return shown
}

// condense leaves of each run of ASCII no more than readings depend on: what may
// belong to the characters beside it, and a line break.
func condense(text []byte) []byte {
	const most = 3 // ASCII that a character is followed by or ends in
	var short []byte
	for len(text) > 0 {
		ascii := bytes.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
		if ascii < 0 {
			ascii = len(text)
		}
		if run := text[:ascii]; ascii <= 2*most {
			short = append(short, run...)
		} else {
			short = append(short, run[:most]...)
			if bytes.IndexByte(run, '\n') >= 0 {
				short = append(short, '\n')
			}
			short = append(short, run[ascii-most:]...)
		}
		text = text[ascii:]
		high := slices.IndexFunc(text, func(b byte) bool { return b < utf8.RuneSelf })
		if high < 0 {
			high = len(text)
		}
		short = append(short, text[:high]...)
		text = text[high:]
	}
	return short
}

// freshness says for each byte of a text whether what is there counts, and how
// many bytes do: those that are not ASCII and differ, with the two before and
// the one after, from all that came earlier. A word that is in every row of a
// manifest proves no more than in one. It goes as far as the end of the line in
// which there are enough.
func freshness(text []byte) (fresh []bool, n int) {
	fresh = make([]bool, 0, min(len(text), 4*weighed))
	seen := make(map[[4]byte]bool)
	found := 0
	for i, b := range text {
		var around [4]byte
		for j := range around {
			if at := i - 2 + j; b >= utf8.RuneSelf && at >= 0 && at < len(text) && text[at] >= utf8.RuneSelf {
				around[j] = text[at]
			}
		}
		counts := b >= utf8.RuneSelf && !seen[around]
		if counts {
			seen[around] = true
			n++
		}
		if b >= utf8.RuneSelf {
			found++
		}
		fresh = append(fresh, counts)
		if b == '\n' && (n >= weighed || found >= 8*weighed) {
			break
		}
	}
	return fresh, n
}

// sample returns the lines of a text that can be judged by. It is empty if the
// first line is too long to be read. Unless the text is whole, its last line is
// cut off.
func sample(text []byte, whole bool) []byte {
	if whole {
		return text
	}
	return text[:bytes.LastIndexByte(text, '\n')+1]
}

const wordBreaks = " ,;\t\r\n\""

// firstWord returns the first word of a text in a code page.
func (p *codePage) firstWord(text []byte) string {
	const most = 40
	if end := bytes.IndexAny(text, wordBreaks); end >= 0 {
		text = text[:end]
	}
	var word strings.Builder
	p.chars(text, func(at int, c char) bool {
		if at+len(c.raw) > most {
			return false
		}
		word.WriteRune(c.rune)
		return true
	})
	return word.String()
}

// validUTF8 reports whether text is UTF-8. Unless it is whole, its last
// character may be cut off.
func validUTF8(text []byte, whole bool) bool {
	for i := len(text) - 1; !whole && i >= 0 && i > len(text)-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRune(text[i:]) {
				text = text[:i]
			}
			break
		}
	}
	return utf8.Valid(text)
}

// beginsAsUTF8 reports whether a text is certainly UTF-8 up to its first byte
// that does not fit, so that the error can name the place.
func beginsAsUTF8(text []byte) bool {
	end := 0
	for end < len(text) {
		r, size := utf8.DecodeRune(text[end:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		end += size
	}
	v := judge(text[:end])
	return v.certain && v.best.name == utf8n
}

// alsoGB18030 reports whether every character of a UTF-8 text that is not ASCII
// has two bytes that are a Chinese character in GB18030, as those of "é" are
// "茅". Longer characters do not come about by chance.
func alsoGB18030(text []byte) bool {
	found := false
	for i := 0; i < len(text); i++ {
		if text[i] < utf8.RuneSelf {
			continue
		}
		if _, size := utf8.DecodeRune(text[i:]); size != 2 || text[i+1] < 0xA1 {
			return false
		}
		found = true
		i++
	}
	return found
}

// isGB2312 reports whether text begins with a sign or a Chinese character of
// GB 2312.
func isGB2312(text []byte) bool {
	if len(text) < 2 {
		return false
	}
	sign, hanzi := text[0] >= 0xA1 && text[0] <= 0xA3, text[0] >= 0xB0 && text[0] <= 0xF7
	return (sign || hanzi) && text[1] >= 0xA1 && text[1] <= 0xFE
}

// validGB18030 reports whether text is GB18030. Unless it is whole, its last
// character may be cut off.
func validGB18030(text []byte, whole bool) bool {
	decoder := strictGB18030{lenient: simplifiedchinese.GB18030.NewDecoder()}
	var char [utf8.UTFMax]byte
	for len(text) > 0 {
		size := gb18030Size(text)
		if size > len(text) {
			return !whole
		}
		if text[0] >= utf8.RuneSelf && decoder.decode(char[:], text[:size]) == 0 {
			return false
		}
		text = text[size:]
	}
	return true
}
