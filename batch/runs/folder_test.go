package runs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imgrename/batch/runs"
)

func openFolder(t *testing.T, path string) *runs.Folder {
	t.Helper()
	folder, err := runs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	return folder
}

func TestUsePlan(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "imgrename")
	when := time.Date(2026, 11, 23, 3, 15, 2, 0, time.UTC)
	if err := openFolder(t, path).UsePlan("sha256:ab", "", when); err != nil {
		t.Fatal(err)
	}
	if err := openFolder(t, path).UsePlan("sha256:cd", "", when); err != nil {
		t.Errorf("another plan: %v", err)
	}
	err := openFolder(t, path).UsePlan("sha256:ab", "", when.Add(time.Hour))
	used, ok := errors.AsType[*runs.UsedError](err)
	if !ok || used.When != "2026-11-23T03:15:02Z" {
		t.Errorf("the same plan again: %v, want a UsedError with the time of its first use", err)
	}
	for _, name := range []string{path, filepath.Join(path, "plans"), filepath.Join(path, "plans", "ab")} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v: others can read it", name, info.Mode())
		}
	}
}

// TestForgetPlan: a forgotten plan may be used once more, and is forgotten only
// for the run that it was used for.
func TestForgetPlan(t *testing.T) {
	const run, other = "r-20261123-031502-7f3a", "r-20261123-031502-7f3b"
	folder, path := stateFolder(t)
	if err := errors.Join(folder.PlanUsed("sha256:ab"), folder.ForgetPlan("sha256:ab", run)); err != nil {
		t.Errorf("a plan that was never used: %v", err)
	}
	used := func(want bool) {
		t.Helper()
		err := openFolder(t, path).PlanUsed("sha256:ab")
		e, ok := errors.AsType[*runs.UsedError](err)
		if ok != want || !ok && err != nil || ok && e.When != "2026-11-23T03:15:02Z" {
			t.Errorf("used: %v, want %v", err, want)
		}
	}
	when := time.Date(2026, 11, 23, 3, 15, 2, 0, time.UTC)
	for range 2 {
		if err := folder.UsePlan("sha256:ab", run, when); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{other, ""} {
			if err := folder.ForgetPlan("sha256:ab", id); err != nil {
				t.Error(err)
			}
			used(true)
		}
		if err := openFolder(t, path).ForgetPlan("sha256:ab", run); err != nil {
			t.Fatal(err)
		}
		used(false)
	}
}

// TestMarksOfOthers: a mark that names no run is not forgotten for any: one of
// a plan that needed no run, one of an older version, or one that was cut
// short.
func TestMarksOfOthers(t *testing.T) {
	const run = "r-20261123-031502-7f3a"
	for _, text := range []string{"2026-11-23T03:15:02Z\n", "", "2026-11-23T03:15:02Z " + run[:9]} {
		folder, path := stateFolder(t)
		if err := folder.UsePlan("sha256:ab", "", time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, "plans", "ab"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{run, ""} {
			if err := folder.ForgetPlan("sha256:ab", id); err != nil {
				t.Error(err)
			}
		}
		for _, err := range []error{folder.PlanUsed("sha256:ab"), folder.UsePlan("sha256:ab", run, time.Now())} {
			if _, used := errors.AsType[*runs.UsedError](err); !used {
				t.Errorf("%q: %v, want a UsedError", text, err)
			}
		}
	}
}

func TestUsePlanOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	folder := openFolder(t, path)
	var won atomic.Int32
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			if folder.UsePlan("sha256:ab", "", time.Now()) == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if left, _ := os.ReadDir(filepath.Join(path, "plans")); len(left) != 1 {
		t.Errorf("%d files are left, want the mark", len(left))
	}
	if won.Load() != 1 {
		t.Errorf("%d of 32 used the plan, want 1", won.Load())
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		path       func(folder string) string
	}{
		{"no path", "no home folder", func(string) string { return "" }},
		{"a file in its place", "not a directory", func(folder string) string {
			path := filepath.Join(folder, "file")
			_ = os.WriteFile(path, nil, 0o600)
			return path
		}},
		{"a folder others may write to", "others may write to it (mode 0777)", func(folder string) string {
			path := filepath.Join(folder, "open")
			_ = os.Mkdir(path, 0o700)
			_ = os.Chmod(path, 0o777)
			return path
		}},
		{"a link to nowhere", "no such file", func(folder string) string {
			path := filepath.Join(folder, "link")
			_ = os.Symlink("nothing", path)
			return path
		}},
		{"a file above it", "not a directory", func(folder string) string {
			path := filepath.Join(folder, "file")
			_ = os.WriteFile(path, nil, 0o600)
			return filepath.Join(path, "state")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := runs.Open(tt.path(t.TempDir()))
			if _, ok := errors.AsType[*runs.FolderError](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open = %v, want a FolderError with %q", err, tt.want)
			}
		})
	}
}

func TestOpenRefusesAnotherOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	path := t.TempDir()
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	_, err := runs.Open(path)
	if _, ok := errors.AsType[*runs.FolderError](err); !ok || !strings.Contains(err.Error(), "belongs to user 65534") {
		t.Errorf("Open = %v, want a FolderError with the owner", err)
	}
}

func TestUsePlanFollowsNoLinkOut(t *testing.T) {
	outside, path := t.TempDir(), filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(path, "plans")); err != nil {
		t.Fatal(err)
	}
	if err := openFolder(t, path).UsePlan("sha256:ab", "", time.Now()); err == nil {
		t.Error("UsePlan went through a link that leads out of the folder")
	}
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Errorf("%d files outside", len(left))
	}
}
