package runs_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/runs"
)

func TestRunFromBeginToEnd(t *testing.T) {
	folder, path := stateFolder(t)
	run := begunRun(t, folder, start)
	dir := filepath.Join(path, "runs", run.ID())
	wantHead := fmt.Sprintf(`{
  "version": 2,
  "run": %q,
  "started": "2026-11-23T03:15:02.123456789Z",
  "job": "sha256:ab",
  "source": "manifest.csv",
  "lanes": [
    "123/cn-hangzhou",
    "123/cn-beijing"
  ],
  "rows": 2,
  "tool": "imgrename 1.0"
}
`, run.ID())
	if diff := cmp.Diff(wantHead, text(t, dir, "head.json")); diff != "" {
		t.Error("head.json:", diff)
	}
	if err := run.Begin(head); err == nil {
		t.Error("it began twice")
	}
	if _, ended, err := run.Finished(); ended || err != nil {
		t.Errorf("Finished before the end = %v, %v", ended, err)
	}
	first := runs.Summary{Ended: start.Add(time.Hour), Code: 21, Why: "deadline", Pending: true}
	end := runs.Summary{Ended: start.Add(2 * time.Hour), Code: 20, Counts: map[string]int{"failed": 1, "applied": 1}, Boot: "b007", Up: time.Hour}
	for _, s := range []runs.Summary{first, end} { // interrupted, then resumed
		if err := run.Finish(s); err != nil {
			t.Fatal(err)
		}
		got, ended, err := run.Finished()
		if diff := cmp.Diff(s, got); diff != "" || !ended || err != nil {
			t.Errorf("Finished = %v, %v %s", ended, err, diff)
		}
	}
	wantEnd := fmt.Sprintf(`{
  "version": 2,
  "run": %q,
  "ended": "2026-11-23T05:15:02.123456789Z",
  "code": 20,
  "counts": {
    "applied": 1,
    "failed": 1
  },
  "why": "",
  "pending": false,
  "boot": "b007",
  "up": 3600000000000
}
`, run.ID())
	if diff := cmp.Diff(wantEnd, text(t, dir, "end.json")); diff != "" {
		t.Error("end.json:", diff)
	}
	again, err := folder.OpenRun(run.ID())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	if diff := cmp.Diff(runs.Info{ID: run.ID(), Started: start, Head: head, End: &end}, again.Info()); diff != "" {
		t.Error("Info:", diff)
	}
	onlyOwner(t, path)
}

// onlyOwner checks that others may not use anything in a folder.
func onlyOwner(t *testing.T, path string) {
	t.Helper()
	err := filepath.Walk(path, func(name string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNewRunGivesNoIDTwice(t *testing.T) {
	_, path := stateFolder(t)
	var all sync.WaitGroup
	var made sync.Map
	for range 40 {
		folder := openFolder(t, path)
		all.Go(func() {
			for range 15 {
				run, err := folder.NewRun(start)
				if err != nil {
					t.Error(err)
					return
				}
				if _, twice := made.LoadOrStore(run.ID(), true); twice {
					t.Errorf("%s twice", run.ID())
				}
				_ = run.Close()
			}
		})
	}
	all.Wait()
}

func TestOpenRunNotFound(t *testing.T) {
	folder, path := stateFolder(t)
	ask := func(id string) *runs.NotFoundError {
		t.Helper()
		_, err := folder.OpenRun(id)
		none, ok := errors.AsType[*runs.NotFoundError](err)
		if !ok {
			t.Fatalf("OpenRun(%q) = %v, want a NotFoundError", id, err)
		}
		return none
	}
	if got := ask("r-20261123-031502-7f3a").Hint(); got != `"imgrename runs" lists them` {
		t.Errorf("hint in an empty state folder: %s", got)
	}
	for _, id := range []string{"r-20261123-031502-7f3a", "r-20261123-031502-00ff", "r-20261124-120000-abcd", "not a run"} {
		if err := os.MkdirAll(filepath.Join(path, "runs", id), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, id string
		near     []string
	}{
		{"a part", "7f3a", []string{"r-20261123-031502-7f3a"}},
		{"the date", "20261123", []string{"r-20261123-031502-7f3a", "r-20261123-031502-00ff"}},
		{"upper case", " R-20261124-120000-ABCD", []string{"r-20261124-120000-abcd"}},
		{"two letters swapped", "r-20261123-031502-7fa3", []string{"r-20261123-031502-7f3a"}},
		{"far off", "r-20250101-000000-1111", nil},
		{"nothing", "", nil},
		{"a folder above", "../runs/r-20261123-031502-7f3a", nil},
		{"not an id", "not a run", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := ask(tt.id)
			if diff := cmp.Diff(tt.near, err.Near, cmp.Transformer("", func(s []string) string { return strings.Join(s, " ") })); diff != "" {
				t.Error(diff)
			}
			for _, id := range tt.near {
				if !strings.Contains(err.Hint(), id) {
					t.Errorf("hint %q does not name %s", err.Hint(), id)
				}
			}
		})
	}
}

func TestWriteFile(t *testing.T) {
	folder, path := stateFolder(t)
	run := newRun(t, folder, start)
	dir := filepath.Join(path, "runs", run.ID())
	outside := filepath.Join(t.TempDir(), "outside")
	put(t, "untouched", outside)
	for name, target := range map[string]string{"out.csv": outside, "in.csv": "report.csv", "dangling.csv": "nothing"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, "old", dir, "report.csv")
	full := errors.New("full")
	for _, tt := range []struct {
		name, file, text string
		fail             error
		refused          bool
	}{
		{name: "new", file: "new.csv", text: strings.Repeat("line\n", 10_000)},
		{name: "empty", file: "empty.csv"},
		{name: "a link that leads out", file: "out.csv", text: "x"},
		{name: "a link that stays in", file: "in.csv", text: "x"},
		{name: "a link that leads nowhere", file: "dangling.csv", text: "x"},
		{name: "half written", file: "report.csv", text: "half", fail: full, refused: true},
		{name: "a folder above", file: "../x.csv", refused: true},
		{name: "a folder below", file: "a/x.csv", refused: true},
		{name: "absolute", file: "/x.csv", refused: true},
		{name: "the folder", file: ".", refused: true},
		{name: "hidden", file: ".x", refused: true},
		{name: "nameless", file: "", refused: true},
		{name: "NUL", file: "a\x00b", refused: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := run.WriteFile(tt.file, func(w io.Writer) error {
				_, err := io.WriteString(w, tt.text)
				return errors.Join(err, tt.fail)
			})
			if (err != nil) != tt.refused || tt.fail != nil && !errors.Is(err, tt.fail) {
				t.Fatalf("WriteFile = %v", err)
			}
			if tt.refused {
				return
			}
			if got, err := read(run, tt.file); string(got) != tt.text || err != nil {
				t.Errorf("it reads as %d bytes, %v", len(got), err)
			}
		})
	}
	if got := text(t, outside) + " " + text(t, dir, "report.csv"); got != "untouched old" {
		t.Errorf("written through a link, or in part: %s", got)
	}
	left, _ := filepath.Glob(filepath.Join(dir, ".*.tmp"))
	if len(left) > 0 {
		t.Errorf("temporary files left: %v", left)
	}
	onlyOwner(t, dir)
}

// read reads a file of a run.
func read(run *runs.Run, name string) ([]byte, error) {
	file, err := run.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(file)
}

func TestReadWhileItIsReplaced(t *testing.T) {
	folder, _ := stateFolder(t)
	run := newRun(t, folder, start)
	var all sync.WaitGroup
	defer all.Wait()
	texts := []string{strings.Repeat("a", 10_000), strings.Repeat("b", 20_000)}
	replace := func(n int) {
		err := run.WriteFile("report.csv", func(w io.Writer) error {
			_, err := io.WriteString(w, texts[n%2])
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	replace(0)
	for range 2 {
		all.Go(func() {
			for n := range 200 {
				replace(n)
			}
		})
		all.Go(func() {
			for range 2000 {
				if got, err := read(run, "report.csv"); err != nil || !slices.Contains(texts, string(got)) {
					t.Errorf("it reads as %d bytes, %v", len(got), err)
					return
				}
			}
		})
	}
}

func TestOpenRefusesWhatIsNoPlainFile(t *testing.T) {
	folder, path := stateFolder(t)
	run := newRun(t, folder, start)
	dir := filepath.Join(path, "runs", run.ID())
	put(t, "text", dir, "plain.csv")
	for name, target := range map[string]string{"in.csv": "plain.csv", "out.csv": "/etc/passwd"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600), os.Mkdir(filepath.Join(dir, "folder"), 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"in.csv", "out.csv", "pipe", "folder", "../head.json", "missing"} {
		if file, err := run.Open(name); err == nil {
			t.Errorf("Open(%q) opened it", name)
			_ = file.Close()
		}
	}
	if _, err := run.Open("missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open of what is not there = %v, want fs.ErrNotExist", err)
	}
}
