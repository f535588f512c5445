package page_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"imgrename/batch/plan"
	"imgrename/report/page"
)

// The page's policy allows the style and the script that it has, by hash, and
// nothing else.
func TestPolicy(t *testing.T) {
	text := htmlOf(t, before())
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(text)
	if policy == nil {
		t.Fatal("no policy")
	}
	unescaped := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(policy[1])
	for _, element := range []string{"style", "script"} {
		parts := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(text, -1)
		if len(parts) != 1 {
			t.Fatalf("%d of %s", len(parts), element)
		}
		hash := sha256.Sum256([]byte(parts[0][1]))
		want := fmt.Sprintf("%s-src 'sha256-%s';", element, base64.StdEncoding.EncodeToString(hash[:]))
		if !strings.Contains(unescaped, want) {
			t.Errorf("no %s in %s", want, unescaped)
		}
	}
	if !strings.HasPrefix(unescaped, "default-src 'none';") || strings.Contains(unescaped, "unsafe") {
		t.Error(unescaped)
	}
}

// Nothing on a page leads to a host, and nothing of it is a handler or a style
// within an element.
func TestPageStandsAlone(t *testing.T) {
	text := htmlOf(t, after())
	for _, forbidden := range []string{`https?:`, `\bsrc=`, `\bstyle=`, ` on[a-z]+=`, `@import`, `url\(`, `<a\b`, `<img`} {
		if found := regexp.MustCompile(forbidden).FindString(text); found != "" {
			t.Errorf("the page has %q", found)
		}
	}
}

// A page holds every row of 20,000. Of more it leaves some out, and says how
// many; outliers and rows held back are never among them.
func TestRowsOfALargePage(t *testing.T) {
	rows := regexp.MustCompile(`<li><span class="n">(\d+)</span>`)
	count := func(p *page.Page) (all int, lines map[string]bool, text string) {
		text = htmlOf(t, p)
		lines = make(map[string]bool)
		for _, m := range rows.FindAllStringSubmatch(text[strings.Index(text, `id="rows"`):strings.Index(text, `id="apply"`)], -1) {
			all++
			lines[m[1]] = true
		}
		return all, lines, text
	}
	if all, lines, text := count(many(20_000, 50)); all != 20_000 || len(lines) != 20_000 || strings.Contains(text, "left out here") {
		t.Errorf("%d rows, %d lines of 20000", all, len(lines))
	}
	p := many(20_400, 50)
	for i := 20_000; i < 20_010; i++ { // at the end, where rows are cut
		p.Plan.Rows[i].Verdict, p.Plan.Rows[i].Problem = plan.Refused, &plan.Problem{Code: "NameTaken"}
	}
	all, lines, text := count(p)
	if all != 20_000 || !strings.Contains(text, "400 rows left out here, none of them an outlier or held back") {
		t.Errorf("%d rows", all)
	}
	for _, o := range p.Review.Outliers {
		if line := fmt.Sprint(p.Plan.Rows[o.Row].Line); !lines[line] {
			t.Errorf("the outlier of line %s is left out", line)
		}
	}
	for i := 20_000; i < 20_010; i++ {
		if line := fmt.Sprint(p.Plan.Rows[i].Line); !lines[line] {
			t.Errorf("line %s, held back, is left out", line)
		}
	}
}

// A value is one text in the page's source.
func TestValuesAreWhole(t *testing.T) {
	text := htmlOf(t, before())
	for _, want := range []string{
		`<code class="v">packer-job-8817</code> <span class="to">→</span> <code class="v" data-m="0,3">jbo-8817</code>`, `>数据库-2026</code>`,
		`<code class="v" data-m="0,7">packer-web-8800</code>`, `>golden | image</code>`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestWriteFile(t *testing.T) {
	folder := t.TempDir()
	for extension, begins := range map[string]string{".md": "# Review of", ".html": "<!DOCTYPE html>"} {
		path := filepath.Join(folder, "review"+extension)
		if err := before().WriteFile(path); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(text), begins) {
			t.Errorf("%s: %v: %.20q", extension, err, text)
		}
	}
	for _, name := range []string{"review.csv", "review", "md"} {
		if err := before().WriteFile(filepath.Join(folder, name)); err == nil || page.Is(name) {
			t.Errorf("%s is a page", name)
		}
	}
}
