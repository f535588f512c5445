package manifest

import (
	"bytes"
	"math"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	xjapanese "golang.org/x/text/encoding/japanese"
	xkorean "golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/transform"
)

// A codePage is an encoding that a file without a mark may be in.
type codePage struct {
	name     string // for messages; of the first two also for --encoding
	encoding encoding.Encoding
	size     func([]byte) int // of the first character, which may be cut off
	language language         // of what is written in it
}

// codePages begins with the readable ones.
var codePages = []codePage{
	{utf8n, encoding.Nop, utf8Size, anyLanguage},
	{gb18030, simplifiedchinese.GB18030, gb18030Size, chineseSimplified},
	{"code page 949 (Korean)", xkorean.EUCKR, twoBytes, korean},
	{"code page 950 (Traditional Chinese)", traditionalchinese.Big5, twoBytes, chineseTraditional},
	{"code page 932 (Japanese)", xjapanese.ShiftJIS, shiftJISSize, japanese},
	{"EUC-JP", xjapanese.EUCJP, eucJPSize, japanese},
	{"code page 1252 (Western)", charmap.Windows1252, oneByte, western},
	{"code page 1250 (Central European)", charmap.Windows1250, oneByte, western},
	{"code page 1254 (Turkish)", charmap.Windows1254, oneByte, western},
	{"code page 850 (DOS, Western)", charmap.CodePage850, oneByte, western},
	{"Mac OS Roman", charmap.Macintosh, oneByte, western},
	{"code page 1251 (Cyrillic)", charmap.Windows1251, oneByte, cyrillic},
	{"code page 866 (DOS, Cyrillic)", charmap.CodePage866, oneByte, cyrillic},
	{"KOI8-R", charmap.KOI8R, oneByte, cyrillic},
	{"code page 1253 (Greek)", charmap.Windows1253, oneByte, greek},
	{"code page 1255 (Hebrew)", charmap.Windows1255, oneByte, hebrew},
	{"code page 1256 (Arabic)", charmap.Windows1256, oneByte, arabic},
	{"code page 874 (Thai)", charmap.Windows874, oneByte, thai},
}

const readable = 2

func utf8Size(b []byte) int {
	_, size := utf8.DecodeRune(b)
	return size
}

func oneByte([]byte) int { return 1 }

func twoBytes(b []byte) int {
	if b[0] <= 0x80 {
		return 1
	}
	return 2
}

func shiftJISSize(b []byte) int {
	if b[0] <= 0x80 || 0xA0 <= b[0] && b[0] < 0xE0 { // kana of one byte
		return 1
	}
	return 2
}

func eucJPSize(b []byte) int {
	if b[0] == 0x8F { // JIS X 0212
		return 3
	}
	return twoBytes(b)
}

// chars decodes a text in which every character fits the code page, or as far
// as they do.
func (p *codePage) chars(text []byte, yield func(at int, c char) bool) (fits bool) {
	decoder := p.encoding.NewDecoder()
	buf := make([]byte, 4*utf8.UTFMax)
	for at := 0; at < len(text); {
		c := char{rune(text[at]), text[at : at+1]}
		if text[at] >= utf8.RuneSelf {
			size := p.size(text[at:])
			if size > len(text)-at {
				return false
			}
			c.raw = text[at : at+size]
			var ok bool
			if c.rune, ok = decodeChar(decoder, buf, c.raw); !ok {
				return false
			}
		}
		if !yield(at, c) {
			return true
		}
		at += len(c.raw)
	}
	return true
}

// decodeChar returns false if the bytes are no character. Big5 has a few that
// are two runes; it returns the first.
func decodeChar(decoder transform.Transformer, dst, raw []byte) (rune, bool) {
	n, _, err := decoder.Transform(dst, raw, true)
	if err != nil || bytes.ContainsRune(dst[:n], utf8.RuneError) && string(raw) != "\uFFFD" && string(raw) != replacementGB18030 {
		return 0, false
	}
	r, _ := utf8.DecodeRune(dst[:n])
	return r, true
}

// likelihood returns the logarithm of the likelihood of a text in the code
// page, and false if a character does not fit. Of characters that repeat what
// was before, none counts: see [freshness].
func (p *codePage) likelihood(text []byte, fresh []bool) (sum float64, fits bool) {
	var before rune
	last, lastAt := char{}, 0
	weigh := func(after rune) {
		if last.rune >= utf8.RuneSelf && fresh[lastAt] {
			sum += math.Log(p.language(before, last, after) * swallowed(last))
		}
	}
	fits = p.chars(text, func(at int, c char) bool {
		weigh(c.rune)
		before, last, lastAt = last.rune, c, at
		return true
	})
	weigh(0)
	return sum, fits
}

// swallowed makes up for ASCII that is part of a character in one code page and
// a character in another, where it costs nothing.
func swallowed(c char) float64 {
	p := 1.0
	for _, b := range c.raw {
		if b < utf8.RuneSelf {
			p *= 20
		}
	}
	return p
}
