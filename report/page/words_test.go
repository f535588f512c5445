package page

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"imgrename/batch/plan"
)

// Each sentence exists in both languages, with the same arguments, and holds
// nothing that Markdown or a host of merge requests would act on.
func TestSentences(t *testing.T) {
	arguments := regexp.MustCompile(`\{\d\}`)
	for key, s := range sentences {
		if s.english == "" || s.chinese == "" {
			t.Errorf("sentence %d: %+v", key, s)
			continue
		}
		one, two := arguments.FindAllString(s.english, -1), arguments.FindAllString(s.chinese, -1)
		slices.Sort(one)
		slices.Sort(two)
		if !slices.Equal(one, two) {
			t.Errorf("%q has %v, %q has %v", s.english, one, s.chinese, two)
		}
		if strings.ContainsAny(s.english, "`*_<>[]|@#\\&") {
			t.Errorf("%q is not plain in Markdown", s.english)
		}
	}
	for noun, measure := range measures {
		if noun == "" || measure == "" {
			t.Errorf("%q: %q", noun, measure)
		}
	}
}

// A noun without a measure would leave a bare number in Chinese.
func TestCountsInChinese(t *testing.T) {
	for noun := range measures {
		if got := (counted{2, noun}).in(chinese); !strings.HasPrefix(got, "2 ") || len(got) < 4 {
			t.Errorf("%s: %q", noun, got)
		}
	}
}

func TestOutcomesInChinese(t *testing.T) {
	for _, o := range append(plan.Outcomes(), plan.Undecided) {
		if outcomesInChinese[o.String()] == "" {
			t.Error(o)
		}
	}
}
