package manifest

import (
	"bytes"
	"encoding/binary"
	"errors"
	stdutf16 "unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// errMalformed is what the decoders return where golang.org/x/text would put a
// replacement character.
var errMalformed = errors.New("malformed text")

// strictUTF16 decodes UTF-16 and refuses unpaired surrogates and half units.
type strictUTF16 struct {
	transform.NopResetter
	bigEndian bool
}

func (t strictUTF16) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	var order binary.ByteOrder = binary.LittleEndian
	if t.bigEndian {
		order = binary.BigEndian
	}
	for rest := src; len(rest) > 0; rest = src[nSrc:] {
		size := 2
		if len(rest) < size {
			return nDst, nSrc, shortSource(atEOF)
		}
		r := rune(order.Uint16(rest))
		if stdutf16.IsSurrogate(r) {
			if size = 4; len(rest) < size {
				return nDst, nSrc, shortSource(atEOF)
			}
			if r = stdutf16.DecodeRune(r, rune(order.Uint16(rest[2:]))); r == utf8.RuneError {
				return nDst, nSrc, errMalformed
			}
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}

// strictGB18030 decodes GB18030 and refuses codes without a character.
type strictGB18030 struct {
	// evidentOnly refuses characters outside GB 2312 that have none of GB 2312
	// beside them, as an accented letter in a word of ASCII looks like one.
	evidentOnly bool
	evident     bool                  // the last character was one of GB 2312
	lenient     transform.Transformer // decodes one valid character
}

// replacementGB18030 is U+FFFD, which a text may have.
const replacementGB18030 = "\x84\x31\xa4\x37"

func (t *strictGB18030) Reset() { t.evident = false }

func (t *strictGB18030) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for rest := src; len(rest) > 0; rest = src[nSrc:] {
		size := gb18030Size(rest)
		if size > len(rest) {
			return nDst, nSrc, shortSource(atEOF)
		}
		if nDst+utf8.UTFMax > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		n, evident := 0, false
		if rest[0] < utf8.RuneSelf {
			dst[nDst], n = rest[0], 1
		} else {
			if evident = isGB2312(rest); t.evidentOnly && !evident && !t.evident {
				if len(rest) < size+2 && !atEOF {
					return nDst, nSrc, transform.ErrShortSrc
				}
				if !isGB2312(rest[size:]) {
					return nDst, nSrc, errMalformed
				}
			}
			if n = t.decode(dst[nDst:], rest[:size]); n == 0 {
				return nDst, nSrc, errMalformed
			}
		}
		t.evident = evident
		nDst += n
		nSrc += size
	}
	return nDst, nSrc, nil
}

// gb18030Size is the length of the first character of b, which may be more than
// the length of b.
func gb18030Size(b []byte) int {
	switch {
	case b[0] <= 0x80:
		return 1
	case len(b) > 1 && b[1] >= '0' && b[1] <= '9':
		return 4
	}
	return 2
}

// decode decodes one character into dst and returns its length, or 0 if
// there is no such character.
func (t *strictGB18030) decode(dst, char []byte) int {
	n, size, err := t.lenient.Transform(dst, char, true)
	if err != nil || size != len(char) {
		return 0
	}
	if bytes.ContainsRune(dst[:n], utf8.RuneError) && string(char) != replacementGB18030 {
		return 0
	}
	return n
}

func shortSource(atEOF bool) error {
	if atEOF {
		return errMalformed
	}
	return transform.ErrShortSrc
}
