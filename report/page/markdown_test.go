package page_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/manifest"
	"imgrename/report"
	"imgrename/report/page"
)

// rendered is what a renderer makes of a text: its code, its words, and what it
// took for something else.
type rendered struct {
	code    []string
	words   string
	strange []string
}

func render(source string) (r rendered) {
	markdown := goldmark.New(goldmark.WithExtensions(extension.GFM))
	raw := []byte(source)
	var words strings.Builder
	tree := markdown.Parser().Parse(text.NewReader(raw))
	_ = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.CodeSpan:
			var code strings.Builder
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				code.Write(c.(*ast.Text).Segment.Value(raw))
			}
			r.code = append(r.code, code.String())
			return ast.WalkSkipChildren, nil
		case *ast.FencedCodeBlock:
			r.code = append(r.code, strings.TrimSuffix(string(n.Lines().Value(raw)), "\n"))
		case *ast.Text:
			words.Write(n.Segment.Value(raw))
			words.WriteByte('\n')
		case *ast.Document, *ast.Heading, *ast.Paragraph, *ast.TextBlock, *ast.List, *ast.ListItem, *ast.Emphasis:
		default:
			r.strange = append(r.strange, n.Kind().String())
		}
		return ast.WalkContinue, nil
	})
	r.words = words.String()
	return r
}

// spoiled is a small page on which every text from outside is one of the values.
func spoiled(values ...string) *page.Page {
	p := after()
	next := 0
	take := func() string { next++; return values[next%len(values)] }
	for i := range p.Plan.Rows {
		r := &p.Plan.Rows[i]
		r.Old = &ecs.Attributes{ImageName: take(), Description: take()}
		r.ImageID, r.Row.Want = take(), manifest.Values{ImageName: take(), Description: take()}
		if r.Problem != nil {
			r.Problem = &plan.Problem{Code: take(), Message: take()}
		}
		p.Results[i].Code, p.Results[i].Message = take(), take()
	}
	for i := range p.Plan.Chains {
		for n := range p.Plan.Chains[i].Steps {
			p.Plan.Chains[i].Steps[n].Set = &ecs.Attributes{ImageName: take()}
		}
	}
	for i := range p.Plan.Lanes {
		p.Plan.Lanes[i] = plan.Lane{Account: take(), Region: take()}
	}
	p.Review.Rules[0].Left, p.Review.Rules[0].Right = take(), take()
	p.Review.Rules[0].Uncovered = []review.Image{{ID: take(), Name: take()}}
	p.Review.Outliers[0].Got, p.Review.Outliers[0].Want = take(), take()
	p.Plan.Risks = []plan.Notice{{Kind: plan.FamilyMoves, Family: take(), Before: take(), After: take(), Text: take()}}
	p.Plan.Warnings = []plan.Notice{{Kind: plan.LookAlike, Text: take()}, {Kind: plan.Shared, Text: take()}}
	p.Info = page.Info{Tool: take(), Source: take(), Sum: take(), Apply: take(), Where: take(), Rehearsed: take()}
	p.Run = page.Run{ID: take(), Why: take(), Next: take()}
	return p
}

// checkMarkdown says what a renderer would do with values on a page, "" if
// nothing but show them.
func checkMarkdown(source string, values ...string) string {
	r := render(source)
	if len(r.strange) > 0 {
		return "a renderer sees " + strings.Join(r.strange, "; ")
	}
	if strings.ContainsAny(r.words, "@#<>[]|`") {
		return fmt.Sprintf("the words hold a value: %q", r.words)
	}
	for _, v := range values {
		if v := report.Printable(v); v != "" && !slices.Contains(r.code, v) {
			return fmt.Sprintf("%q is not among the code", v)
		}
	}
	if unseen := report.Printable(strings.ReplaceAll(source, "\n", "")); unseen != strings.ReplaceAll(source, "\n", "") {
		return "a character cannot be seen"
	}
	return ""
}

var harmful = []string{
	"a|b", `a\|b`, "`", "``", "` `", " `a", "a` ", " a ", "  ", "<script>alert(1)</script>", "<b>", "[x](http://example.com)",
	"![x](y)", "http://example.com", "www.example.com", "@someone", "#12", "a\nb", "a\r\n# b", "a\u202eb", "\u2028", "```\n", "~~~", "*a*", "_a_",
	"&amp;", "\\", "a\\", "- a", "1. a", "> a", "---", "\xff", "\x00", "[^1]", "me@example.com", "<!-- ", "\t", "数据库",
}

func TestMarkdownShowsAnyValue(t *testing.T) {
	for _, value := range harmful {
		source := markdownOf(t, spoiled(value))
		if wrong := checkMarkdown(source, value); wrong != "" {
			t.Errorf("%q: %s\n%s", value, wrong, source)
		}
	}
	if wrong := checkMarkdown(markdownOf(t, spoiled(harmful...))); wrong != "" {
		t.Error(wrong)
	}
}

func FuzzMarkdown(f *testing.F) {
	for i, value := range harmful {
		f.Add(value, harmful[(i+7)%len(harmful)], harmful[(i+19)%len(harmful)])
	}
	f.Fuzz(func(t *testing.T, one, two, three string) {
		values := []string{one, two, three}
		for i := range values {
			values[i] = values[i][:min(40, len(values[i]))] // so that the page holds all of them
		}
		source := markdownOf(t, spoiled(values...))
		if wrong := checkMarkdown(source, values...); wrong != "" {
			t.Errorf("%s\n%s", wrong, source)
		}
	})
}

// many is a plan of n renames with some outliers.
func many(n, outliers int) *page.Page {
	var s scene
	for i := range 12 {
		s.lane(fmt.Sprintf("cn-region-%d", i+1))
	}
	made := review.Review{Renames: n, Rules: []review.Rule{{Left: "packer-*", Right: "*-2026"}}}
	for i := range n {
		name := fmt.Sprintf("web-server-%05d", i)
		year := 2026
		if i%(n/outliers) == n/outliers-1 {
			year = 2025
			made.Outliers = append(made.Outliers, review.Outlier{Row: i, Near: 0, Got: "2025", Want: "2026"})
		} else {
			made.Rules[0].Rows = append(made.Rules[0].Rows, i)
		}
		s.rename(i%12, "packer-"+name, fmt.Sprintf("%s-%d", name, year))
	}
	return &page.Page{Plan: s.plan(), Review: &made, Info: page.Info{Source: "nightly.csv", Where: "review.html"}}
}

// However many rows there are, a page fits a comment of any host, and cuts the
// rows before an outlier. What is cut is counted.
func TestMarkdownFits(t *testing.T) {
	for _, test := range []struct{ rows, outliers, shown int }{{100, 5, 5}, {504, 3, 3}, {20_000, 100, 100}, {5_000, 1000, 120}} {
		t.Run(fmt.Sprintf("%d rows, %d outliers", test.rows, test.outliers), func(t *testing.T) {
			source := markdownOf(t, many(test.rows, test.outliers))
			if n := utf8.RuneCountInString(source); n > page.MaxMarkdown {
				t.Errorf("%d characters", n)
			}
			shown := strings.Count(source, "**near miss**")
			if shown < test.shown {
				t.Errorf("%d outliers are shown", shown)
			}
			if left := test.outliers - shown; left > 0 && !strings.Contains(source, fmt.Sprintf("… %d things left out here", left)) {
				t.Errorf("%d outliers are left out, and nothing says so", left)
			}
			rows := source[strings.Index(source, "## All rows"):]
			left := test.rows - strings.Count(rows, "- line ")
			if left > 0 && !strings.Contains(rows, fmt.Sprintf("… %d rows left out here", left)) {
				t.Errorf("%d rows are left out, and nothing says so", left)
			}
			if cut := left > 0; cut != strings.Contains(source, "the whole is in `review.html`") {
				t.Errorf("left out: %d; where all is: %t", left, !cut)
			}
		})
	}
}

// Three mistakes in 504 rows are what a reader sees first.
func TestMistakesStandInTheFirstLines(t *testing.T) {
	lines := strings.SplitN(markdownOf(t, many(504, 3)), "\n", 26)
	if n := strings.Count(strings.Join(lines[:25], "\n"), "**near miss**"); n != 3 {
		t.Errorf("%d of 3 in %q", n, lines[:25])
	}
}

// Every row has its place after a run, too.
func TestMarkdownAfterARun(t *testing.T) {
	p := many(504, 3)
	p.Results = make([]history.Result, len(p.Plan.Rows))
	for i := range p.Results {
		p.Results[i].Outcome = plan.Applied
	}
	source := markdownOf(t, p)
	for _, want := range []string{"All 504 rows as desired.", "- 504 applied\n", "No row needs a person."} {
		if !strings.Contains(source, want) {
			t.Errorf("no %q", want)
		}
	}
}
