package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadme runs the commands that README.md shows and holds their output, and
// the import table, against what it says. With UPDATE set it rewrites both.
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

// nextBlock cuts a page at its next fenced block of a kind that is produced.
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
