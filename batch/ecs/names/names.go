// Package names holds the rules of the ModifyImageAttribute reference page for
// texts: names, families and descriptions. The client and the simulator share
// them, so that one cannot refuse what the other accepts.
//
// Where the editions of the page disagree, the more permissive one counts:
// both "." and ":" are allowed in a name.
package names

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	badStart = "a name starts with a letter or a Chinese character"
	badRune  = "letters, Chinese characters, digits and . : _ - are allowed, no white space"
	badText  = "not valid UTF-8"
	saveAs   = "save the file as UTF-8"
)

// Check returns what is wrong with an image's name or family, and what would be
// right; both are empty if nothing is.
func Check(name string) (problem, advice string) {
	n := utf8.RuneCountInString(name)
	first, _ := utf8.DecodeRuneInString(name)
	lower := strings.ToLower(name)
	switch {
	case !utf8.ValidString(name):
		return badText, saveAs
	case n < 2 || n > 128:
		return long(n), "2 to 128 characters are allowed"
	case strings.HasPrefix(lower, "aliyun"), strings.HasPrefix(lower, "acs:"):
		return fmt.Sprintf("%q starts with a reserved word", name), "a name must not start with aliyun or acs:"
	case strings.Contains(lower, "http://"), strings.Contains(lower, "https://"):
		return fmt.Sprintf("%q contains a web address", name), "a name must not contain http:// or https://"
	case !letter(first):
		return "starts with " + character(first), badStart
	}
	for i, r := range name {
		if !legal(r) {
			position := utf8.RuneCountInString(name[:i]) + 1
			return fmt.Sprintf("%s at position %d", described(r), position), adviceFor(name)
		}
	}
	return "", ""
}

// adviceFor is the advice for a name with a character that is not allowed. One
// that is allowed in the composed form is likely to come from a Mac.
func adviceFor(name string) string {
	composed := norm.NFC.String(name)
	if composed == name {
		return badRune
	}
	if problem, _ := Check(composed); problem != "" {
		return badRune
	}
	return fmt.Sprintf("write %q in composed characters (Unicode NFC)", composed)
}

// CheckDescription returns what is wrong with a description, as [Check] does.
func CheckDescription(text string) (problem, advice string) {
	n := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text):
		return badText, saveAs
	case n < 2 || n > 256:
		return long(n), "2 to 256 characters are allowed"
	case strings.HasPrefix(text, "http://"), strings.HasPrefix(text, "https://"):
		return "starts with a web address", "a description must not start with http:// or https://"
	}
	return "", ""
}

// letter reports whether a name may start with r. Chinese characters are
// letters to Unicode, but for the numerals such as 〇.
func letter(r rune) bool {
	return unicode.IsLetter(r) || unicode.Is(unicode.Nl, r) && unicode.Is(unicode.Han, r)
}

// legal reports whether r may be in a name. Marks may not: é is allowed in one
// character, and not as e and an accent.
func legal(r rune) bool { return letter(r) || unicode.IsDigit(r) || strings.ContainsRune(".:_-", r) }

// described is the character with its kind. A mark joins the character before
// it, or shows nothing, so that only its code point tells what it is.
func described(r rune) string {
	if unicode.Is(unicode.Variation_Selector, r) {
		return "variation selector " + character(r)
	}
	if unicode.IsMark(r) {
		return "combining mark " + character(r)
	}
	return "character " + character(r)
}

func character(r rune) string {
	if unicode.IsMark(r) {
		return fmt.Sprintf("%U", r)
	}
	return fmt.Sprintf("%q", r)
}

func long(n int) string {
	if n == 1 {
		return "1 character long"
	}
	return fmt.Sprintf("%d characters long", n)
}
