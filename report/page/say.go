package page

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"imgrename/batch/plan"
	"imgrename/report"
)

// A phrase is a sentence in the languages of a page.
type phrase struct{ English, Chinese []piece }

// A piece is a part of a sentence: own words, or a value from outside, which is
// printable already.
type piece struct {
	Text  string
	Value bool
}

// A counted is a number of things.
type counted struct {
	n    int
	noun string
}

// A code is a value from outside in a sentence.
type code string

// say returns the sentence of a key, with its arguments in place: numbers,
// counted things, times, values from outside, and words of the page that have a
// key themselves.
func say(key word, args ...any) phrase {
	text := sentences[key]
	return phrase{fillIn(text.english, args, english), fillIn(text.chinese, args, chinese)}
}

// A language tells how an argument reads.
type language int

const (
	english language = iota
	chinese
)

// fillIn puts arguments where a sentence has {0}, {1} and so on.
func fillIn(text string, args []any, l language) (pieces []piece) {
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		if before != "" {
			pieces = append(pieces, piece{Text: before})
		}
		if !found {
			break
		}
		pieces = append(pieces, argument(args[rest[0]-'0'], l)...)
		text = rest[len("0}"):]
	}
	return pieces
}

func argument(arg any, l language) []piece {
	switch arg := arg.(type) {
	case code:
		return []piece{valuePiece(string(arg), l)}
	case counted:
		return []piece{{Text: arg.in(l)}}
	case word:
		return fillIn(sentences[arg].in(l), nil, l)
	case phrase:
		if l == chinese {
			return arg.Chinese
		}
		return arg.English
	case time.Time:
		return []piece{{Text: arg.UTC().Format("2006-01-02 15:04:05 UTC")}}
	case []code:
		return listPieces(arg, l)
	default:
		return []piece{{Text: fmt.Sprint(arg)}}
	}
}

// valuePiece returns a value as a reader may see it. An empty one is said in
// words: code that shows nothing would not be seen.
func valuePiece(s string, l language) piece {
	if s == "" {
		return piece{Text: sentences[emptyValue].in(l)}
	}
	return piece{report.Printable(s), true}
}

func listPieces(values []code, l language) (pieces []piece) {
	between := map[language]string{english: ", ", chinese: "、"}[l]
	for i, v := range values {
		if i > 0 {
			pieces = append(pieces, piece{Text: between})
		}
		pieces = append(pieces, valuePiece(string(v), l))
	}
	return pieces
}

func (c counted) in(l language) string {
	if l == english {
		return plan.Count(c.n, c.noun)
	}
	return strconv.Itoa(c.n) + " " + measures[c.noun]
}

func (s sentence) in(l language) string {
	if l == chinese {
		return s.chinese
	}
	return s.english
}

// own is a phrase of the program's own words, the same in every language.
func own(text string) phrase {
	words := []piece{{Text: text}}
	return phrase{words, words}
}

// quote is a phrase of values from outside.
func quote(values ...string) phrase {
	var pieces []piece
	for _, v := range values {
		if v == "" {
			continue
		}
		if len(pieces) > 0 {
			pieces = append(pieces, piece{Text: ": "})
		}
		pieces = append(pieces, piece{report.Printable(v), true})
	}
	return phrase{pieces, pieces}
}

// join returns one phrase after the other.
func join(phrases ...phrase) (all phrase) {
	for _, p := range phrases {
		all.English = append(all.English, p.English...)
		all.Chinese = append(all.Chinese, p.Chinese...)
	}
	return all
}

// Empty reports whether there is nothing to say.
func (p phrase) Empty() bool { return len(p.English) == 0 }

// amount is a number of things as a phrase.
func amount(c counted) phrase {
	return phrase{[]piece{{Text: c.in(english)}}, []piece{{Text: c.in(chinese)}}}
}

// outcome is an outcome's word, in Chinese with its meaning.
func outcome(name string) phrase {
	return phrase{[]piece{{Text: name}}, []piece{{Text: name + " " + outcomesInChinese[name]}}}
}
