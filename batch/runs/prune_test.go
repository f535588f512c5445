package runs_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/runs"
)

func TestPrune(t *testing.T) {
	folder, path := stateFolder(t)
	if err := folder.Prune(30); err != nil {
		t.Error("an empty state folder:", err)
	}
	if err := folder.UsePlan("sha256:ab", start); err != nil {
		t.Fatal(err)
	}
	at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	pending := oldRun(t, folder, at(0), true)
	killed := begunRun(t, folder, at(1))
	never := newRun(t, folder, at(2))
	damaged := oldRun(t, folder, at(3), false)
	if err := errors.Join(killed.Close(), never.Close(), tear("end.json")(filepath.Join(path, "runs", damaged))); err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		oldRun(t, folder, at(4+n), false)
	}
	third, second := oldRun(t, folder, at(10), false), oldRun(t, folder, at(11), false)
	starting := newRun(t, folder, at(12)) // by another process, that is about to begin it
	half := filepath.Join(path, "runs", ".removed-r-20260101-000000-0000", "folder")
	if err := os.MkdirAll(half, 0o700); err != nil { // by a process that was killed
		t.Fatal(err)
	}
	for _, step := range []struct {
		name string
		keep int
		want []string
	}{
		{"two are kept", 2, []string{damaged, killed.ID(), pending, starting.ID(), second, third}},
		{"again is nothing", 2, []string{damaged, killed.ID(), pending, starting.ID(), second, third}},
		{"one is kept", 1, []string{damaged, killed.ID(), pending, starting.ID(), second}},
		{"none is kept", 0, []string{damaged, killed.ID(), pending, starting.ID()}},
		{"less than none is none", -1, []string{damaged, killed.ID(), pending, starting.ID()}},
	} {
		if err := folder.Prune(step.keep); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		if diff := cmp.Diff(step.want, idsOf(t)(folder.Runs())); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(path, "runs")); len(left) != 4 {
		t.Errorf("left in the folder: %v", left)
	}
	if _, used := errors.AsType[*runs.UsedError](folder.UsePlan("sha256:ab", start)); !used {
		t.Error("the used plan is forgotten")
	}
}

func TestPruneLeavesWhatIsOpenElsewhere(t *testing.T) {
	folder, path := stateFolder(t)
	id := oldRun(t, folder, start, false)
	other := startOther(t, "open", "open", path, id)
	for _, want := range []int{1, 0} {
		if err := folder.Prune(0); err != nil {
			t.Error(err)
		}
		list, err := folder.Runs()
		if len(list) != want || err != nil {
			t.Fatalf("%d runs left, %v, want %d", len(list), err, want)
		}
		_ = other.Process.Kill()
		_ = other.Wait()
	}
}

// TestPruneAgainstOpen checks that a run that was opened is there until it is
// closed, and that one that is being removed is not found.
func TestPruneAgainstOpen(t *testing.T) {
	folder, path := stateFolder(t)
	for range 30 {
		id := oldRun(t, folder, start, false)
		var all sync.WaitGroup
		for range 4 {
			opener := openFolder(t, path)
			all.Go(func() {
				run, err := opener.OpenRun(id)
				if err != nil {
					if _, ok := errors.AsType[*runs.NotFoundError](err); !ok {
						t.Error(err)
					}
					return
				}
				if info := run.Info(); info.Problem != nil || info.End == nil {
					t.Errorf("an open run is %+v", info)
				}
				_ = run.Close()
			})
			all.Go(func() {
				if err := opener.Prune(0); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}
