package manifest

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

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

// certainlyGB18030 reports whether a text that is not UTF-8 can be taken for
// GB18030 without being told. Every character must be a Chinese one or a sign
// of the old GB 2312, with both bytes 0xA1 or more. That rules out most text in
// Western encodings, where accented letters stand alone; [evidence] rules out
// the text that passes by chance.
func certainlyGB18030(text []byte, whole bool) bool {
	e := evidence{distinct: make(map[[2]byte]bool)}
	for len(text) > 0 {
		if text[0] < utf8.RuneSelf {
			e.word = 0
			text = text[1:]
			continue
		}
		if len(text) == 1 && !whole {
			break
		}
		if len(text) == 1 || !isGB2312(text[0], text[1]) {
			return false
		}
		e.add(text[0], text[1])
		text = text[2:]
	}
	return e.chinese()
}

// isGB2312 reports whether two bytes are a sign or a Chinese character of
// GB 2312. Its kana, Greek and Cyrillic do not count: they occur in Japanese and
// Korean encodings of the same shape, and hardly ever in Chinese names.
func isGB2312(lead, trail byte) bool {
	sign, hanzi := lead >= 0xA1 && lead <= 0xA3, lead >= 0xB0 && lead <= 0xF7
	return (sign || hanzi) && trail >= 0xA1 && trail <= 0xFE
}

// evidence collects what speaks for Chinese in a text of two-byte characters.
type evidence struct {
	all, common int  // characters, and among them signs and the 3,755 common ones
	word        int  // characters in a row up to here
	longest     int  // word
	beyond      bool // some lie outside the rows of the Korean syllables
	distinct    map[[2]byte]bool
}

func (e *evidence) add(lead, trail byte) {
	e.all++
	e.word++
	e.longest = max(e.longest, e.word)
	if lead <= 0xD7 {
		e.common++
	}
	if lead > 0xC8 {
		e.beyond = true
	}
	e.distinct[[2]byte{lead, trail}] = true
}

// chinese weighs the evidence. Two accented letters in a row, as in "Größe" in
// Windows-1252, look like one rare character: so there must be a word of two
// characters, and three in four must be common. EUC-KR has its 2,350 syllables
// in rows 0xB0 to 0xC8, which hold only half of the Chinese characters: eight
// or more different characters, all in these rows, are taken for Korean.
func (e *evidence) chinese() bool {
	korean := len(e.distinct) >= 8 && !e.beyond
	return e.longest > 1 && 4*e.common >= 3*e.all && !korean
}

// beginsAsUTF8 reports whether a text begins with a valid UTF-8 character.
func beginsAsUTF8(text []byte) bool {
	r, size := utf8.DecodeRune(text)
	return r != utf8.RuneError || size > 1
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

// firstGB18030 decodes valid GB18030 up to the end of its first word.
func firstGB18030(text []byte) string {
	const most = 40
	end := 0
	for end < min(len(text), most) && strings.IndexByte(" ,;\t\r\n\"", text[end]) < 0 {
		end += gb18030Size(text[end:])
	}
	s, err := simplifiedchinese.GB18030.NewDecoder().Bytes(text[:min(end, len(text))])
	if err != nil {
		return ""
	}
	return string(s)
}
