package manifest

import (
	"strings"
	"sync"
	"unicode"
)

// A char is a character of a text and the bytes that it is read from.
type char struct {
	rune
	raw []byte
}

// A language says how likely a character that is not ASCII is in text of a
// language, between two given characters; 0 stands for an end of the text.
// Only the ratio of two languages matters.
type language func(before rune, c char, after rune) float64

// A ranking knows the commonest characters of a language.
type ranking struct {
	likely func() map[rune]float64
}

// newRanking takes the characters, the most common first, and the shares of all
// text that the first 32, 64, 128, … of them have together.
func newRanking(commonest string, shares ...float64) ranking {
	return ranking{sync.OnceValue(func() map[rune]float64 {
		chars := []rune(strings.ReplaceAll(commonest, "\n", ""))
		likely := make(map[rune]float64, len(chars))
		from, before := 0, 0.0
		for tier, share := range shares {
			to := 32 << tier
			for _, r := range chars[from:to] {
				likely[r] = (share - before) / float64(to-from)
			}
			from, before = to, share
		}
		return likely
	})}
}

// The shares are those of the sources of the tables. Those of the tail, and the
// likelihoods of characters without rank below, leave more to rare ones than
// manuals have: names have them.
var (
	simplified  = newRanking(commonSimplified, .214, .312, .447, .624, .801, .924, .982)
	traditional = newRanking(commonTraditional, .208, .312, .452, .629, .802, .923)
	kanaKanji   = newRanking(commonJapanese, .489, .639, .782, .901, .95, .97)
	hangul      = newRanking(commonKorean, .431, .618, .796, .92, .95)
)

// or returns the likelihood of a character, p if it has no rank.
func (r ranking) or(c rune, p float64) float64 {
	if likely, ok := r.likely()[c]; ok {
		return likely
	}
	return p
}

// chineseSimplified is for GB18030. The 3,755 characters of level 1 of GB 2312
// lie in rows B0 to D7, the 3,008 of level 2 in D8 to F7.
func chineseSimplified(before rune, c char, after rune) float64 {
	switch {
	case len(c.raw) == 4:
		return 1e-8
	case c.inRows(0xB0, 0xD7):
		return simplified.or(c.rune, 1e-5) * lone(before, after) * wordEnd(before, c.rune)
	case c.inRows(0xD8, 0xF7):
		return simplified.or(c.rune, 3e-7) * lone(before, after) * wordEnd(before, c.rune)
	case c.inRows(0xA1, 0xA3):
		return easternSign(c.rune)
	case c.inRows(0xA4, 0xA9): // kana, Greek, Cyrillic
		return 1e-6
	case unicode.Is(unicode.Han, c.rune):
		return 2e-8 * lone(before, after)
	}
	return 1e-9
}

// chineseTraditional is for Big5, which has 5,401 common characters up to C67E
// and 7,652 rare ones from C940.
func chineseTraditional(before rune, c char, after rune) float64 {
	switch code := c.code(); {
	case 0xA440 <= code && code <= 0xC67E:
		return traditional.or(c.rune, 1.7e-5) * lone(before, after)
	case 0xC940 <= code && code <= 0xF9D5:
		return traditional.or(c.rune, 3e-7) * lone(before, after)
	case 0xA140 <= code && code <= 0xA3FE:
		return easternSign(c.rune)
	}
	return 1e-8
}

// korean is for code page 949. The 2,350 syllables of KS X 1001 lie in rows B0
// to C8; the other 8,822 are rare.
func korean(before rune, c char, after rune) float64 {
	switch {
	case unicode.Is(unicode.Hangul, c.rune) && c.inRows(0xB0, 0xC8):
		return hangul.or(c.rune, 2.5e-5) * lone(before, after)
	case unicode.Is(unicode.Hangul, c.rune):
		return 2e-7 * lone(before, after)
	case unicode.Is(unicode.Han, c.rune):
		return 1e-6 * lone(before, after)
	case c.inRows(0xA1, 0xA3):
		return easternSign(c.rune)
	}
	return 1e-6
}

// japanese is for code page 932 and EUC-JP. The 2,965 kanji of level 1 of JIS X
// 0208 end at 9872 and CFFE.
func japanese(before rune, c char, after rune) float64 {
	code := c.code()
	switch {
	case 0xFF61 <= c.rune && c.rune <= 0xFF9F:
		return halfwidthKana(before, c.rune)
	case c.rune == 'ー':
		return .02
	case unicode.In(c.rune, unicode.Hiragana, unicode.Katakana),
		0x889F <= code && code <= 0x9872, c.inRows(0xB0, 0xCF):
		return kanaKanji.or(c.rune, 1.2e-5) * lone(before, after)
	case unicode.Is(unicode.Han, c.rune):
		return kanaKanji.or(c.rune, 3e-7) * lone(before, after)
	case c.rune < 0xE000:
		return easternSign(c.rune)
	}
	return 1e-7
}

// halfwidthKana is for the kana of one byte, which few texts are written in. A
// sound mark follows certain kana only, and no word begins with a small kana or
// a mark.
func halfwidthKana(before, r rune) float64 {
	p := 1.0 / 55
	begins := before < 'ｦ' || 'ﾟ' < before
	if begins {
		p /= 100
	}
	labial := 'ﾊ' <= before && before <= 'ﾎ'
	switch {
	case r < 'ｦ', begins && 'ｧ' <= r && r <= 'ｰ',
		r == 'ﾟ' && !labial,
		r == 'ﾞ' && !labial && before != 'ｳ' && (before < 'ｶ' || 'ﾄ' < before):
		p /= 100
	}
	return p
}

// inRows reports whether a character lies in rows of a double-byte set as
// ISO 2022 cuts it, with both bytes A1 or more.
func (c char) inRows(from, to byte) bool {
	return len(c.raw) == 2 && from <= c.raw[0] && c.raw[0] <= to && c.raw[1] >= 0xA1
}

// code is the code of a character of two bytes.
func (c char) code() int { return int(c.raw[0])<<8 | int(c.raw[len(c.raw)-1]) }

func easternSign(r rune) float64 {
	switch {
	case strings.ContainsRune("，。、：；（）“”‘’—…《》！？【】·～「」『』", r):
		return .01
	case 0xFF00 <= r && r < 0xFF60: // full width
		return 3e-5
	}
	return 1e-6
}

// lone is what remains of the likelihood of an eastern character alone among
// ASCII.
func lone(before, after rune) float64 {
	switch {
	case before >= 0x80 || after >= 0x80:
		return 1
	case isASCIILetter(before) || isASCIILetter(after):
		return .03
	}
	return .1
}

func isASCIILetter(r rune) bool { return r < 0x80 && unicode.IsLetter(r) }

// wordEnd is how much likelier a character is that ends a common word.
func wordEnd(before, r rune) float64 {
	if words()[[2]rune{before, r}] {
		return 1000
	}
	return 1
}

var words = sync.OnceValue(func() map[[2]rune]bool {
	m := make(map[[2]rune]bool)
	for word := range strings.FieldsSeq(commonWords) {
		m[[2]rune([]rune(word))] = true
	}
	return m
})

// western is for Latin letters, which stand mostly among ASCII ones.
func western(before rune, c char, after rune) float64 {
	p := 1e-6
	switch {
	case strings.ContainsRune("éáíóúñüäößèàçêôûîâãõåøæ", c.rune):
		p = 1. / 500
	case strings.ContainsRune("œëïòùìýąćęłńśźżěščřžůďťňőűğışİșțăđơưĩũÉÁÍÓÚÑÜÄÖÅØÇÀÈÊÃÕŠŽŁ", c.rune):
		p = 1. / 1500
	case unicode.Is(unicode.Latin, c.rune) && c.rune < 0x180:
		p = 1e-5
	case isWesternSign(c.rune):
		p = 1. / 3000
	}
	switch {
	case !unicode.IsLetter(c.rune) || isASCIILetter(before) || isASCIILetter(after) || strings.ContainsRune(oneLetterWords, c.rune):
	case unicode.IsLetter(before) || unicode.IsLetter(after):
		p /= 5
	default:
		p /= 50
	}
	return p * letterCase(before, c.rune, after)
}

func isWesternSign(r rune) bool {
	return strings.ContainsRune("–—“”„’‘«»…°€£§·©®¿¡ºª×№™¹²³½¼±", r)
}

// letterCase is what remains of the likelihood of a character that the case of
// its neighbours belies, and of a sign between letters.
func letterCase(before, r, after rune) float64 {
	switch {
	case unicode.IsUpper(r) && unicode.IsLower(before):
		return 1e-3
	case unicode.IsLower(r) && unicode.IsUpper(before) && unicode.IsUpper(after),
		!unicode.In(r, unicode.L, unicode.M) && r != '’' && unicode.IsLetter(before) && unicode.IsLetter(after):
		return 1e-2
	}
	return 1
}

// The letters of other alphabets that make up some 65 and some 30 percent of
// text.
var (
	cyrillic = alphabet(unicode.Cyrillic, "оеаинтсрвлк", "мдпуыязьбгчйхжшюцщэфё", "іїєґўәөүұқңғһ")
	greek    = alphabet(unicode.Greek, "αοιετνσηρπκ", "μλςυδγωχθφβξζψάέήίόύώ", "ϊϋΐΰ")
	arabic   = alphabet(unicode.Arabic, "اليمونرتبةد", "عسفهكقأحجشطصىخإذثضزگیک", "ءغئظؤآپچژ")
	hebrew   = alphabet(unicode.Hebrew, "יוהלאתרבמשנ", "דקעחפגסטצכזםןךףץ", "")
	thai     = alphabet(unicode.Thai, "านรอกเงมยลว", "ดทสตปบคหแจพชั่้ิีุูื็์ะำไใโข", "ผธณญถศษซภฟฐึ")
)

// alphabet returns the language of a script whose common, less common and rare
// letters are given.
func alphabet(script *unicode.RangeTable, common, less, rare string) language {
	return func(before rune, c char, after rune) float64 {
		p := 1e-6
		switch small := unicode.ToLower(c.rune); {
		case strings.ContainsRune(common, small):
			p = .06
		case strings.ContainsRune(less, small):
			p = .012
		case strings.ContainsRune(rare, small):
			p = .001
		case isWesternSign(c.rune):
			p = 1. / 3000
		}
		if unicode.IsUpper(c.rune) && unicode.IsUpper(before) {
			p /= 2
		} else if unicode.IsUpper(c.rune) {
			p /= 10
		}
		return p * letterCase(before, c.rune, after) * company(script, before, c.rune, after)
	}
}

// company is what remains of the likelihood of a letter that is joined to a
// Latin one, is alone, or is the same as the one before it.
func company(script *unicode.RangeTable, before, r, after rune) float64 {
	switch {
	case !unicode.Is(script, r):
		return 1
	case isASCIILetter(before) || isASCIILetter(after):
		return 1e-2
	case before == r:
		return .05
	case !unicode.Is(script, before) && !unicode.Is(script, after):
		return .1
	}
	return 1
}

// anyLanguage is for UTF-8, where characters of two bytes come about by chance,
// but few that make a word, and hardly any of three.
func anyLanguage(before rune, c char, after rune) float64 {
	p := western(before, c, after)
	for _, l := range []language{cyrillic, greek, arabic, hebrew, thai} {
		p = max(p, l(before, c, after))
	}
	for _, r := range []ranking{simplified, traditional, kanaKanji, hangul} {
		p = max(p, r.or(c.rune, 0))
	}
	switch isLetter := unicode.In(c.rune, unicode.L, unicode.M); {
	case c.rune >= 0x800 && isLetter:
		p = max(p, 1e-6) * 20
	case c.rune >= 0x800:
		p = max(p, easternSign(c.rune))
	case c.rune >= 0x530 && isLetter && (unicode.IsLetter(c.rune) || before >= 0x530):
		p = max(p, 2e-4)
	}
	return p * chance(before, c.rune, after)
}

// chance is what remains of the likelihood of a letter of two bytes that is of
// another script than the one before it, the same, or alone and no word.
func chance(before, r, after rune) float64 {
	first, second := script(before), script(r)
	switch {
	case second == nil:
		return 1
	case !unicode.IsLetter(before) && !unicode.IsLetter(after):
		if strings.ContainsRune(oneLetterWords, r) {
			return 1
		}
		return 1e-3
	case first == nil:
		return 1
	case first != second:
		return 1e-3
	case before == r && first != unicode.Latin:
		return 1e-3
	}
	return 1
}

const oneLetterWords = "éàóòÀÉаиоувскяАИОУВСКЯηοΗΟ"

// script returns that of a letter which has two bytes in UTF-8, else nil.
func script(r rune) *unicode.RangeTable {
	if r < 0x80 || r >= 0x800 {
		return nil
	}
	for _, s := range []*unicode.RangeTable{
		unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko,
	} {
		if unicode.Is(s, r) {
			return s
		}
	}
	return nil
}
