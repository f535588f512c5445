package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport is which package may import which. Data flows in one direction:
// from cmd, the outer layer, down to the leaves.
var mayImport = map[string][]string{
	"cmd/dist":              {},
	"cmd/imgrename":         {"batch", "batch/command", "batch/ecs", "batch/ecs/credentials", "batch/ecs/ecssim", "batch/history", "batch/lifecycle", "batch/pace", "batch/plan", "batch/review", "batch/runs", "batch/uptime", "manifest", "manifest/template", "report", "report/page"},
	"report":                {"batch/ecs", "batch/history", "batch/plan", "batch/review"},
	"report/page":           {"batch/ecs", "batch/history", "batch/plan", "batch/review", "report"},
	"batch":                 {"batch/ecs", "batch/history", "batch/pace", "batch/plan"},
	"batch/command":         {},
	"batch/history":         {"batch/ecs", "batch/plan", "manifest"},
	"batch/lifecycle":       {"batch", "batch/ecs", "batch/history", "batch/journal", "batch/plan", "batch/review", "batch/runs", "manifest"},
	"batch/plan":            {"batch/ecs", "manifest"},
	"batch/pace":            {},
	"batch/journal":         {},
	"batch/review":          {"batch/ecs", "batch/plan"},
	"batch/runs":            {},
	"batch/uptime":          {},
	"batch/ecs":             {"batch/ecs/names", "batch/ecs/signature"},
	"batch/ecs/credentials": {"batch/command", "batch/ecs", "batch/ecs/signature"},
	"batch/ecs/ecssim":      {"batch/ecs/names", "batch/ecs/signature"},
	"batch/ecs/names":       {},
	"batch/ecs/signature":   {},
	"manifest":              {},
	"manifest/template":     {},
}

// usedBy is which packages may import each foreign module.
var usedBy = map[string][]string{
	"github.com/agext/levenshtein":        {"cmd/imgrename", "manifest"},
	"github.com/gocarina/gocsv":           {"manifest"},
	"github.com/google/renameio":          {"report"},
	"github.com/cheggaaa/pb":              {"cmd/imgrename"},
	"github.com/mattn/go-runewidth":       {"cmd/imgrename", "report"},
	"github.com/prometheus/client_golang": {"cmd/imgrename"},
	"github.com/prometheus/client_model":  {"cmd/imgrename"},
	"github.com/prometheus/common":        {"cmd/imgrename"},
	"github.com/spf13/cobra":              {"cmd/imgrename"},
	"github.com/spf13/pflag":              {"cmd/imgrename"},
	"golang.org/x/sync":                   {"batch", "batch/lifecycle", "batch/runs"},
	"golang.org/x/sys":                    {"batch/uptime", "report"},
	"golang.org/x/term":                   {"cmd/imgrename"},
	"golang.org/x/text":                   {"batch/ecs/names", "batch/plan", "manifest"},
	"golang.org/x/time":                   {"batch/pace", "batch/ecs/ecssim"},
}

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "imgrename/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		room := strings.TrimPrefix(fields[0], "imgrename/")
		allowed, known := mayImport[room]
		if !known {
			t.Errorf("package %s is not in the table", room)
		}
		seen++
		for _, path := range fields[1:] {
			if own, ok := strings.CutPrefix(path, "imgrename/"); ok {
				if !slices.Contains(allowed, own) {
					t.Errorf("%s imports %s", room, own)
				}
			} else if strings.Contains(strings.Split(path, "/")[0], ".") {
				checkForeign(t, room, path)
			}
		}
	}
	if seen != len(mayImport) {
		t.Errorf("%d packages, the table has %d", seen, len(mayImport))
	}
}

func checkForeign(t *testing.T, room, path string) {
	t.Helper()
	for module, rooms := range usedBy {
		if path == module || strings.HasPrefix(path, module+"/") {
			if !slices.Contains(rooms, room) {
				t.Errorf("%s imports %s, which is for %v", room, path, rooms)
			}
			return
		}
	}
	t.Errorf("%s imports %s, which is not in the table", room, path)
}
