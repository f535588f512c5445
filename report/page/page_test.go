package page_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/report/page"
)

// UPDATE=1 writes the golden files anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", path, diff)
	}
}

// bare is a page without its style and its script, which have files of their own.
func bare(text string) string {
	text = regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>`).ReplaceAllString(text, "<$1></$1>")
	return regexp.MustCompile(`sha256-[^']*'`).ReplaceAllString(text, "sha256-…'")
}

func TestGolden(t *testing.T) {
	for _, test := range []struct {
		name string
		page *page.Page
	}{{"before", before()}, {"after", after()}} {
		t.Run(test.name, func(t *testing.T) {
			golden(t, test.name+".md", markdownOf(t, test.page))
			golden(t, test.name+".html", bare(htmlOf(t, test.page)))
		})
	}
}
