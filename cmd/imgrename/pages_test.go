package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// planned plans rows renames on a simulator, a few of which are unlike all
// others, and returns the folder with its reports and the ids of the odd ones.
func planned(t *testing.T, rows, regions, odd int) (folder string, ids []string) {
	t.Helper()
	folder = t.TempDir()
	inventory, names := new(strings.Builder), new(strings.Builder)
	inventory.WriteString("image_id,region_id,current_name\n")
	names.WriteString("image_id,region_id,image_name\n")
	for i := range rows {
		id, region := fmt.Sprintf("m-%017d", i), fmt.Sprintf("cn-region%d", i%regions)
		fmt.Fprintf(inventory, "%s,%s,packer-web-%05d-2026\n", id, region, i)
		name := fmt.Sprintf("web-%05d-2026", i)
		if i%(rows/odd) == rows/odd/2 {
			const separators = "-_.:" // no two odd names have the same ones
			n := len(ids)
			ids, name = append(ids, id), fmt.Sprintf("web%c%05d%c2026%cb", separators[n%4], i, separators[n/4%4], separators[n/16])
		}
		fmt.Fprintf(names, "%s,%s,%s\n", id, region, name)
	}
	for name, text := range map[string]string{"inventory.csv": inventory.String(), "names.csv": names.String()} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(folder, name) }
	var out, said bytes.Buffer
	code := run(context.Background(), []string{
		"plan", at("names.csv"), "-q", "--simulate", at("inventory.csv"), "--report", at("review.md"), "--report", at("review.html"), "-o", at("plan.json"),
	}, streams{out: &sink{w: &out}, err: &sink{w: &said}})
	if code != codeOK {
		t.Fatalf("exit code %d: %s", code, said.String())
	}
	return folder, ids
}

func contents(t *testing.T, folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// One wrong year among 504 renames stands where a reader begins, in both
// formats, with the command that applies exactly this plan.
func TestReportShowsTheOddRowFirst(t *testing.T) {
	folder, odd := planned(t, 504, 12, 1)
	page := contents(t, folder, "review.md")
	if top := strings.Join(strings.SplitN(page, "\n", 26)[:25], "\n"); !strings.Contains(top, odd[0]) {
		t.Errorf("the first 25 lines do not have %s:\n%s", odd[0], top)
	}
	if !strings.Contains(page, "packer-*-#") && !strings.Contains(page, "packer-*") {
		t.Errorf("no rule in\n%.2000s", page)
	}
	for _, name := range []string{"review.md", "review.html"} {
		if text := contents(t, folder, name); !strings.Contains(text, "--expect-plan sha256:") {
			t.Errorf("%s does not say how this plan is applied", name)
		}
	}
	if i := strings.Index(contents(t, folder, "review.html"), odd[0]); i < 0 {
		t.Errorf("the page does not have %s", odd[0])
	}
	if text := contents(t, folder, "plan.json"); !strings.Contains(text, "\n\"review\":{\"renames\":504,") {
		t.Error("the plan file has no review")
	}
}

// Of 20,000 rows a merge request takes 30,000 characters, and has every odd one.
func TestReportOfManyRowsFits(t *testing.T) {
	folder, odd := planned(t, 20_000, 12, 40)
	page := contents(t, folder, "review.md")
	if n := utf8.RuneCountInString(page); n > 30_000 {
		t.Errorf("%d characters", n)
	}
	for _, id := range odd {
		if !strings.Contains(page, id) {
			t.Errorf("nothing of %s", id)
		}
	}
}
