package page_test

import (
	"strings"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/review"
)

// Why an edit is an outlier is said in both languages.
func TestWhy(t *testing.T) {
	status := review.Rule{Attribute: ecs.Status, Left: "*", Right: "Deprecated", Rows: []int{0, 1}}
	for _, test := range []struct {
		name             string
		outlier          review.Outlier
		english, chinese string
	}{
		{"no rule", review.Outlier{Near: -1}, "fits no rule that more than a few rows share", "不符合任何有较多行的规则"},
		{"another part", review.Outlier{Got: "a", Want: "b"}, "has `a` where the 13 rows of `packer-* → *` have `b`", "13 行为 "},
		{"too much", review.Outlier{Got: "-"}, "has `-` too much beside the 13 rows of `packer-* → *`", "多了 "},
		{"too little", review.Outlier{Want: "web"}, "lacks `web`, which the 13 rows of `packer-* → *` have", "缺少 "},
		{"digits", review.Outlier{Got: "7", Want: "##"}, "has `7` where the 13 rows of `packer-* → *` have 2 digits", "2 位数字"},
		{"unchanged", review.Outlier{}, "keeps its name, unlike the 13 rows of `packer-* → *`", "名称不变"},
		{
			"another attribute",
			review.Outlier{Near: 1, Got: "x", Want: "y"},
			"has `x` where the 2 rows of status `* → Deprecated` have `y`", "2 行为 ",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := before()
			p.Review.Rules = append(p.Review.Rules, status)
			p.Review.Outliers = []review.Outlier{test.outlier}
			if source := markdownOf(t, p); !strings.Contains(source, test.english) {
				t.Error(source)
			}
			if text := htmlOf(t, p); !strings.Contains(text, test.chinese) {
				t.Error("nothing in Chinese")
			}
		})
	}
}

// An outlier that keeps its name is shown with it.
func TestOutlierWithoutAnEdit(t *testing.T) {
	p := before()
	p.Review.Outliers = []review.Outlier{{Row: 21, Near: 0}}
	if source := markdownOf(t, p); !strings.Contains(source, "line 23, `cn-shanghai`, `m-b0011`: `same`; keeps its name") {
		t.Error(source)
	}
}

// A plan without a rule for names says so.
func TestNoRules(t *testing.T) {
	p := before()
	p.Review.Rules, p.Review.Outliers = nil, nil
	for renames, want := range map[int]string{9: "fewer than ten renames: no rules, all rows are below", 10: "the renames have no rule in common: read all rows"} {
		p.Review.Renames = renames
		if source := markdownOf(t, p); strings.Count(source, want) != 2 { // in the verdict, and among the rules
			t.Error(source)
		}
	}
}
