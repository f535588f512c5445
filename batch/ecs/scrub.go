package ecs

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const redacted = "[redacted]"

// enough is how many bytes of a secret in a row give it away: a server may quote
// a token cut short at either end.
const enough = 12

// scrub removes the secrets from text that a server or a transport wrote, and
// bounds it. A secret is found however it is escaped (for a URL, JSON or HTML, or
// several of these), and even if only a part of it is there. A string to sign,
// which the API quotes if a signature is wrong, goes as a whole.
func (c Credentials) scrub(text string) string {
	const quote, most = "string to sign", 64 << 10
	text = text[:min(len(text), most)]
	if before, _, found := strings.Cut(text, quote); found {
		text = before + quote + ": " + redacted
	}
	for _, s := range []Secret{c.AccessKeySecret, c.SecurityToken} {
		if plain := s.Reveal(); plain != "" {
			text = redact(text, plain)
		}
	}
	return clip(text)
}

// scrubError is scrub for errors: one with nothing to hide is returned as it
// is.
func (c Credentials) scrubError(err error) error {
	if err == nil {
		return nil
	}
	if text := c.scrub(err.Error()); text != err.Error() {
		return errors.New(text)
	}
	return err
}

// redact replaces every part of a text that shows enough of a secret.
func redact(text, secret string) string {
	length := min(len(secret), enough)
	parts := make(map[string]bool)
	for i := range len(secret) - length + 1 {
		parts[secret[i:i+length]] = true
	}
	read := plainly(text)
	var clear strings.Builder
	for _, s := range read {
		clear.WriteByte(s.meaning)
	}
	plain := clear.String()
	shown := make([]bool, len(text)) // bytes of the text that show the secret
	for i := 0; i+length <= len(plain); i++ {
		if parts[plain[i:i+length]] {
			for at := read[i].start; at < read[i+length-1].end; at++ {
				shown[at] = true
			}
		}
	}
	if !slices.Contains(shown, true) {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !shown[i]:
			b.WriteByte(text[i])
		case i == 0 || !shown[i-1]:
			b.WriteString(redacted)
		}
	}
	return b.String()
}

// A sign is a byte, and where in a text it is written, maybe in several bytes.
type sign struct {
	meaning    byte
	start, end int
}

// plainly reads a text without its escapes, those that are escaped themselves
// too.
func plainly(text string) []sign {
	signs := make([]sign, len(text))
	for i := range len(text) {
		signs[i] = sign{text[i], i, i + 1}
	}
	for range 3 {
		n := len(signs)
		if signs = unescape(signs); len(signs) == n {
			break
		}
	}
	return signs
}

// unescape takes away one level of escapes. Escapes of signs beyond ASCII, of
// which no secret is made, stay.
func unescape(signs []sign) (plain []sign) {
	plain = make([]sign, 0, len(signs))
	var window []byte
	for i := 0; i < len(signs); {
		window = window[:0]
		for _, s := range signs[i:min(i+10, len(signs))] {
			window = append(window, s.meaning)
		}
		meaning, n := unescapeOne(string(window))
		plain = append(plain, sign{meaning, signs[i].start, signs[i+n-1].end})
		i += n
	}
	return plain
}

// entities are the signs that HTML names.
var entities = map[string]byte{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\'', "plus": '+', "equals": '=', "sol": '/'}

// unescapeOne reads the first sign of a text and returns how many bytes it takes.
func unescapeOne(s string) (meaning byte, n int) {
	number := func(digits string, base int) bool {
		v, err := strconv.ParseUint(digits, base, 8)
		meaning = byte(v)
		return err == nil && v < utf8.RuneSelf
	}
	switch {
	case s[0] == '%' && len(s) >= 3 && number(s[1:3], 16):
		return meaning, 3
	case s[0] == '\\' && len(s) >= 6 && s[1] == 'u' && number(s[2:6], 16):
		return meaning, 6
	case s[0] == '\\' && len(s) >= 2 && strings.IndexByte(`/\"'`, s[1]) >= 0:
		return s[1], 2
	case s[0] == '&':
		name, _, found := strings.Cut(s[1:], ";")
		digits := strings.TrimPrefix(name, "#")
		switch b, known := entities[name]; {
		case !found:
		case known:
			return b, len(name) + 2
		case digits == name:
		case strings.HasPrefix(strings.ToLower(digits), "x") && number(digits[1:], 16), number(digits, 10):
			return meaning, len(name) + 2
		}
	}
	return s[0], 1
}
