package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each example on the page of export works.
func TestExportExamples(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"inventory.csv", "ledger.csv"} {
		file, err := os.ReadFile(filepath.Join("../../testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, page := readPage("commands/export")
	examples := regexp.MustCompile(`(?m)^  imgrename export (?:.*\\\n)*.*$`).FindAllString(page, -1)
	for _, flag := range []string{"region all", "filter", "find", "replace", "set", "from", "keep-newest", "group", "changed-only"} {
		if !strings.Contains(strings.Join(examples, "\n"), "--"+flag+" ") {
			t.Errorf("no example of --%s", flag)
		}
	}
	for _, example := range examples {
		cmd := exec.Command("sh", "-c", example)
		cmd.Dir, cmd.Env = folder, append(os.Environ(), "IMGRENAME_SIMULATE=inventory.csv")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s\n%v: %s", example, err, out)
		}
	}
}
