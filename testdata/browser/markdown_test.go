package browser

import (
	"os/exec"
	"path/filepath"
	"testing"

	"imgrename/report"
	"imgrename/report/page"
)

func printable(s string) string { return report.Printable(s) }

// markdownlint has nothing to say about a page, but that lines are long: values
// are not broken.
func TestMarkdownLint(t *testing.T) {
	for name, p := range map[string]*page.Page{
		"small": large(30), "large": large(20_000), "applied": applied(large(504)), "hostile": hostile(),
	} {
		t.Run(name, func(t *testing.T) {
			config, err := filepath.Abs(".markdownlint-cli2.jsonc")
			if err != nil {
				t.Fatal(err)
			}
			lint := exec.Command("node_modules/.bin/markdownlint-cli2", "--config", config, file(t, p, ".md"))
			if out, err := lint.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
