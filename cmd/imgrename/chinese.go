package main

import (
	"cmp"
	"os"
	"regexp"
	"strings"
	"sync"

	"imgrename/report"
)

// readsChinese reports whether the environment asks for messages in Chinese, in
// the way of POSIX: the first of these variables that is set counts.
func readsChinese() bool {
	return strings.HasPrefix(cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG")), "zh")
}

// tongue returns what gives hints in the user's language too, nil for English.
func tongue() report.Tongue {
	if !readsChinese() {
		return nil
	}
	return inChinese
}

// A phrase is a hint in Chinese.
type phrase struct {
	english *regexp.Regexp // as it is written, with a group for each value in it
	chinese string         // with %s, %q or %d where the values go
}

var verb = regexp.MustCompile(`%[sqd]`)

// phrases are those of help/zh/hints.txt: pairs of lines, with a blank one between
// two pairs. Of several that fit a hint, the first one counts.
var phrases = sync.OnceValue(func() (all []phrase) {
	text, _ := pages.ReadFile("help/zh/hints.txt") // embedded, so it exists
	for pair := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		english, chinese, _ := strings.Cut(pair, "\n")
		pattern := verb.ReplaceAllString(regexp.QuoteMeta(english), "(.+)")
		all = append(all, phrase{regexp.MustCompile("^" + pattern + "$"), chinese})
	}
	return all
})

// inChinese returns a hint in Chinese, "" if there is none. Names, commands and
// flags stay as they are.
func inChinese(hint string) string {
	for _, p := range phrases() {
		values := p.english.FindStringSubmatch(hint)
		if values == nil {
			continue
		}
		return verb.ReplaceAllStringFunc(p.chinese, func(string) string {
			values = values[1:]
			return values[0]
		})
	}
	return ""
}
