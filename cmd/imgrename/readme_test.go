package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// TestReadme runs the commands that README.md shows and compares their output,
// and the import table, with the page. With UPDATE set it rewrites both.
func TestReadme(t *testing.T) {
	const path = "../../README.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	consoles, tables := 0, 0
	var got strings.Builder
	for rest := string(page); rest != ""; {
		before, block, kind, after := nextBlock(rest)
		got.WriteString(before)
		switch kind {
		case "console":
			block = rerun(t, block)
			consoles++
		case "imports":
			block = importTable()
			tables++
		}
		got.WriteString(block)
		rest = after
	}
	if consoles == 0 || tables != 1 {
		t.Fatalf("%d console blocks and %d import tables", consoles, tables)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(page), got.String()); diff != "" {
		t.Errorf("README.md (-shown +produced):\n%s", diff)
	}
}

// nextBlock cuts a page at its next fenced block whose content is generated.
func nextBlock(page string) (before, block, kind, after string) {
	for _, kind := range []string{"console", "imports"} {
		fence := "```" + kind + "\n"
		head, tail, found := strings.Cut(page, fence)
		other, _, _ := strings.Cut(page, map[string]string{"console": "```imports\n", "imports": "```console\n"}[kind])
		if !found || len(other) < len(head) {
			continue
		}
		block, after, _ := strings.Cut(tail, "```\n")
		return head + fence, block, kind, "```\n" + after
	}
	return page, "", "", ""
}

// rerun runs the commands of a block and returns it with what they print.
func rerun(t *testing.T, block string) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(block) {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		if _, exited := err.(*exec.ExitError); err != nil && !exited {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s%s", line, out)
	}
	return b.String()
}

// importTable renders mayImport.
func importTable() string {
	var b strings.Builder
	for _, room := range slices.Sorted(maps.Keys(mayImport)) {
		imports := strings.Join(mayImport[room], ", ")
		if imports == "" {
			imports = "(none)"
		}
		fmt.Fprintf(&b, "%-21s  %s\n", room, imports)
	}
	return b.String()
}

// The README's text is no wider than 120 columns, tables and blocks of code apart.
func TestReadmeWidth(t *testing.T) {
	block := false
	for line := range strings.Lines(readme(t)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "```") {
			block = !block
		}
		if n := utf8.RuneCountInString(line); n > 120 && !block && !strings.HasPrefix(line, "|") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// The README names every topic of the help, and only flags and topics that
// exist.
func TestReadmeWords(t *testing.T) {
	page := readme(t)
	checkWords(t, page)
	files, err := pages.ReadDir("help/topics")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(file.Name(), ".txt"); !strings.Contains(page, "`imgrename help "+name+"`") {
			t.Errorf("nothing of imgrename help %s", name)
		}
	}
}

// The README's table of exit codes has all of them.
func TestReadmeExitCodes(t *testing.T) {
	var codes []string
	for _, found := range regexp.MustCompile(`(?m)^\| ([0-9]+) \|`).FindAllStringSubmatch(readme(t), -1) {
		codes = append(codes, found[1])
	}
	if diff := cmp.Diff(exitCodes(t), codes); diff != "" {
		t.Errorf("(-there are +the table has):\n%s", diff)
	}
}

func readme(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}
