package runs_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
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
	if err := folder.UsePlan("sha256:ab", "", start); err != nil {
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
	starting := newRun(t, folder, at(12)) // by another process that is about to begin it
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
	if _, used := errors.AsType[*runs.UsedError](folder.UsePlan("sha256:ab", "", start)); !used {
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

// TestPruneAgainstResume removes and resumes runs at the same time: a run that
// could be opened is whole, and a run that was resumed is found again.
func TestPruneAgainstResume(t *testing.T) {
	folder, path := stateFolder(t)
	opener := openFolder(t, path)
	for n := range 100 {
		id := oldRun(t, folder, start.Add(time.Duration(n)*time.Second), false)
		var all sync.WaitGroup
		var resumed atomic.Bool
		for range 2 {
			all.Go(func() { resumed.CompareAndSwap(false, resume(t, opener, id)) })
			all.Go(func() {
				if err := folder.Prune(0); err != nil {
					t.Error(err)
				}
			})
		}
		all.Go(func() { noProblem(t, opener) })
		all.Wait()
		run, err := folder.OpenRun(id)
		if found := err == nil; found != resumed.Load() {
			t.Fatalf("resumed: %v, found after that: %v %v", resumed.Load(), found, err)
		}
		if err == nil {
			err = errors.Join(run.Finish(runs.Summary{Ended: start}), run.Close(), folder.Prune(0))
		}
		if err != nil && resumed.Load() {
			t.Fatal(err)
		}
	}
}

// noProblem lists the runs: one that is being removed or written to does not
// count as damaged.
func noProblem(t *testing.T, folder *runs.Folder) {
	list, err := folder.Runs()
	if err != nil {
		t.Error(err)
	}
	for _, info := range list {
		if info.Problem != nil {
			t.Error(info.Problem)
		}
	}
}

// resume resumes a run and leaves something pending, if the run is there.
func resume(t *testing.T, folder *runs.Folder, id string) bool {
	run, err := folder.OpenRun(id)
	if err != nil {
		if _, ok := errors.AsType[*runs.NotFoundError](err); !ok {
			t.Error(err)
		}
		return false
	}
	defer func() { _ = run.Close() }()
	if info := run.Info(); info.Problem != nil || info.End == nil {
		t.Errorf("an open run is %+v", info)
	}
	if err := run.Finish(runs.Summary{Ended: start, Pending: true}); err != nil {
		t.Error(err)
	}
	return true
}

// TestPruneKeepsWhatEndedLately: calls of a run may still take effect when others
// have ended since, however many.
func TestPruneKeepsWhatEndedLately(t *testing.T) {
	folder, _ := stateFolder(t)
	old, late := oldRun(t, folder, time.Now().Add(-runs.KeptFor-time.Hour), false), oldRun(t, folder, time.Now().Add(-runs.KeptFor+time.Hour), false)
	newest := oldRun(t, folder, time.Now().Add(-time.Hour), false)
	if err := folder.Prune(1); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{newest, late}, idsOf(t)(folder.Runs())); diff != "" {
		t.Errorf("%s was to be removed: %s", old, diff)
	}
}

// Of each shard's runs the newest are kept, whatever the number of shards was.
func TestPruneOfShards(t *testing.T) {
	folder, _ := stateFolder(t)
	var want []string
	for n, shard := range []string{"0/4", "1/4", "0/4", "1/4", "0/4", "0/2", ""} {
		run := newRun(t, folder, start.Add(time.Duration(n)*time.Hour))
		of := head
		of.Shard = shard
		err := errors.Join(run.Begin(of), run.Finish(runs.Summary{Ended: start.Add(time.Duration(n) * time.Hour)}), run.Close())
		if err != nil {
			t.Fatal(err)
		}
		if n == 1 || n >= 3 { // two of each number
			want = append(want, run.ID())
		}
	}
	if err := folder.Prune(2); err != nil {
		t.Error(err)
	}
	got := idsOf(t)(folder.Runs())
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
