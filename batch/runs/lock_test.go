package runs_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/runs"
)

func lock(t *testing.T, folder *runs.Folder, lanes ...string) *runs.Locks {
	t.Helper()
	locks, err := folder.Lock(context.Background(), lanes, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = locks.Release() })
	return locks
}

func heldBy(err error) (*runs.HeldError, bool) { return errors.AsType[*runs.HeldError](err) }

func TestLock(t *testing.T) {
	for _, tt := range []struct {
		name     string
		held     []string
		want     []string
		isHeld   bool
		heldLane string
	}{
		{"the same", []string{"a"}, []string{"a"}, true, "a"},
		{"another", []string{"a"}, []string{"b"}, false, ""},
		{"one of them", []string{"b"}, []string{"c", "b", "a"}, true, "b"},
		{"several: the first in order is told", []string{"c", "b"}, []string{"c", "b", "a"}, true, "b"},
		{"a lane twice", []string{"a"}, []string{"b", "b"}, false, ""},
		{"no lane", []string{"a"}, nil, false, ""},
		{"alike but for case", []string{"a/b"}, []string{"A/b"}, false, ""},
		{"alike but for the separator", []string{"a/b"}, []string{"a-b"}, false, ""},
		{"alike at the beginning", []string{strings.Repeat("a", 5000)}, []string{strings.Repeat("a", 5001)}, false, ""},
		{"a path", []string{"../../x"}, []string{"../../x"}, true, "../../x"},
		{"bytes that no file name has", []string{"a\x00/\n\xff"}, []string{"a\x00/\n\xff"}, true, "a\x00/\n\xff"},
		{"the empty text", []string{""}, []string{""}, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder, path := stateFolder(t)
			holder := lock(t, folder, tt.held...)
			locks, err := openFolder(t, path).Lock(context.Background(), tt.want, 0)
			held, isHeld := heldBy(err)
			if isHeld != tt.isHeld || isHeld && held.Lane != tt.heldLane {
				t.Fatalf("Lock = %v, want held %v, lane %q", err, tt.isHeld, tt.heldLane)
			}
			if !isHeld {
				err = locks.Release()
			} else { // all others were released
				if err := holder.Release(); err != nil {
					t.Error(err)
				}
				err = lock(t, folder, append(tt.want, tt.held...)...).Release()
			}
			if err != nil {
				t.Error(err)
			}
			onlyOwner(t, path)
		})
	}
}

// TestRunning: a run is running while a process has it open and one holds its
// lane; asking keeps nobody from locking.
func TestRunning(t *testing.T) {
	for _, tt := range []struct {
		name         string
		open, locked bool
		end          *runs.Summary
		want         bool
	}{
		{"at work", true, true, nil, true},
		{"taken up again", true, true, &runs.Summary{Pending: true}, true},
		{"ended, and read by the next run on its lane", true, true, new(runs.Summary), false},
		{"only looked at", true, false, nil, false},
		{"another run on its lane", false, true, nil, false},
		{"left behind", false, false, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder, path := stateFolder(t)
			run := newRun(t, folder, start)
			if err := run.Begin(runs.Head{Lanes: []string{"a/b"}}); err != nil {
				t.Fatal(err)
			}
			info := run.Info()
			info.End = tt.end
			if !tt.open {
				_ = run.Close()
			}
			locks := lock(t, folder, "a/b")
			locks.Note(run.ID())
			if !tt.open {
				locks.Note("r-20261123-031502-7f3a")
			}
			if !tt.locked {
				_ = locks.Release()
			}
			asker := openFolder(t, path)
			if got := asker.Running(info); got != tt.want {
				t.Errorf("Running = %v, want %v", got, tt.want)
			}
			if got := asker.Holder(info); (got.PID == os.Getpid()) != (tt.open && tt.locked) {
				t.Errorf("Holder = %+v", got)
			}
			if !tt.locked {
				lock(t, folder, "a/b")
			}
		})
	}
}

func TestLockFilesStay(t *testing.T) {
	folder, path := stateFolder(t)
	locks := lock(t, folder, "123/cn-hangzhou")
	files, _ := filepath.Glob(filepath.Join(path, "locks", "lane-123-cn-hangzhou-*.lock"))
	if len(files) != 1 {
		t.Fatalf("lock files: %v", files)
	}
	before, err := os.Stat(files[0])
	if err = errors.Join(err, locks.Release(), locks.Release()); err != nil {
		t.Fatal(err)
	}
	locks.Note("r-20261123-031502-7f3a") // too late, and no harm
	lock(t, folder, "123/cn-hangzhou")
	after, err := os.Stat(files[0])
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("another lock file: whoever had the first one open is no longer excluded: %v", err)
	}
}

func TestHolder(t *testing.T) {
	folder, path := stateFolder(t)
	folder.Command = "imgrename apply names.csv"
	locks := lock(t, folder, "a")
	told := func() string {
		t.Helper()
		_, err := folder.Lock(context.Background(), []string{"a"}, 0)
		held, ok := heldBy(err)
		if !ok || !strings.Contains(held.Hint(), "--lock-timeout") {
			t.Fatalf("%v, want a HeldError with the flag in its hint", err)
		}
		return held.Holder
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	host, _ := os.Hostname()
	us := fmt.Sprintf("process %d of %s on %s (imgrename apply names.csv)", os.Getpid(), me.Username, host)
	if got := told(); !strings.HasPrefix(got, us) || strings.Contains(got, "run") {
		t.Errorf("before the run has an id: %q", got)
	}
	locks.Note("r-20261123-031502-7f3a")
	if got := told(); !strings.HasPrefix(got, us) || !strings.Contains(got, ", run r-20261123-031502-7f3a, since 20") {
		t.Errorf("holder: %q", got)
	}
	files, _ := filepath.Glob(filepath.Join(path, "locks", "*"))
	for _, tt := range []struct{ name, note, want string }{
		{"nothing", "", ""},
		{"half of it", `{"pid":1,"ho`, ""},
		{"no process", `{"pid":0}`, ""},
		{"the least", `{"pid":7}`, "process 7"},
		{"foreign bytes", `{"pid":7,"host":"\u001b[2J","user":"a b","command":"apply \u202e","run":"\u202e"}`, "process 7"},
		{"too much", `{"pid":7,"host":"` + strings.Repeat("a", 1<<20) + `"}`, ""},
		{"of an earlier version", `{"pid":7,"host":"web-1.example","run":"r-20261123-031502-7f3a","since":"2026-11-23T03:15:02Z"}`, "process 7 on web-1.example, run r-20261123-031502-7f3a, since 2026-11-23T03:15:02Z"},
		{
			"all", `{"pid":7,"host":"web-1.example","user":"deploy","command":"imgrename resume","run":"r-20261123-031502-7f3a","since":"2026-11-23T03:15:02Z"}`,
			"process 7 of deploy on web-1.example (imgrename resume), run r-20261123-031502-7f3a, since 2026-11-23T03:15:02Z",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			put(t, tt.note, files[0])
			if got := told(); got != tt.want {
				t.Errorf("holder: %q, want %q", got, tt.want)
			}
		})
	}
	locks.Note("")
	if err := locks.Release(); err != nil {
		t.Error(err)
	}
	again := lock(t, folder, "a")
	if got := told(); !strings.HasPrefix(got, us) || strings.Contains(got, "run") {
		t.Errorf("the next holder: %q", got)
	}
	if err := again.Release(); err != nil {
		t.Error(err)
	}
}

// A note replaces another in place: a reader finds the one or the other.
func TestNoteIsNeverBlank(t *testing.T) {
	folder, _ := stateFolder(t)
	folder.Command = `imgrename apply "` + strings.Repeat("<", 1020) + `"` // six times as long once it is escaped
	locks := lock(t, folder, "a")
	short, long := "r-20261123-031502-7f3a", "r-20261123-031502-7f3a-2"
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 2000 {
			locks.Note([]string{"", short, long}[i%3])
		}
	}()
	for {
		select {
		case <-done:
			return
		default:
		}
		_, err := folder.Lock(context.Background(), []string{"a"}, 0)
		if held, ok := heldBy(err); !ok || !strings.HasPrefix(held.Holder, fmt.Sprintf("process %d ", os.Getpid())) {
			t.Fatalf("no note: %v", err)
		}
	}
}

// Locks are held as long as their notes can be written.
func TestCheck(t *testing.T) {
	own, _ := stateFolder(t)
	ours := lock(t, own, "a")
	ours.CutOff()
	if err := ours.Check(); ours.Shared() || err != nil {
		t.Errorf("a folder of this host's own: shared %t, %v", ours.Shared(), err)
	}

	folder, path := stateFolder(t)
	folder.MountAs("36 35 0:49 / /mnt rw,noatime - nfs4 host:/export rw,vers=4.0,local_lock=none", "36")
	locks := lock(t, folder, "a", "b")
	locks.Note("r-20261123-031502-7f3a")
	if err := locks.Check(); !locks.Shared() || err != nil {
		t.Fatal(locks.Shared(), err)
	}
	locks.CutOff()
	lost, ok := errors.AsType[*runs.LostError](locks.Check())
	if !ok || !strings.Contains(lost.Error(), "locks of this run") || lost.Hint() == "" {
		t.Errorf("cut off: %v", lost)
	}
	for err, want := range map[error]string{
		syscall.EIO: "another host took over", syscall.ESTALE: "another host took over", syscall.ENOSPC: "cannot be checked",
	} {
		if text := (&runs.LostError{Err: err}).Error(); !strings.Contains(text, want) {
			t.Errorf("%v: %q, want %q", err, text, want)
		}
	}
	files, _ := filepath.Glob(filepath.Join(path, "locks", "*"))
	for _, file := range files {
		if note := text(t, file); !strings.Contains(note, "r-20261123-031502-7f3a") {
			t.Errorf("a note of another holder would be gone: %q", note)
		}
	}
}

func TestLockFollowsNoLink(t *testing.T) {
	for _, tt := range []struct {
		name string
		link func(path, file, outside string) error
	}{
		{"out of the folder", func(_, file, outside string) error { return os.Symlink(outside, file) }},
		{"to another file inside", func(path, file, _ string) error {
			return errors.Join(os.WriteFile(filepath.Join(path, "locks", "x"), nil, 0o600), os.Symlink("x", file))
		}},
		{"to nothing", func(_, file, _ string) error { return os.Symlink("nothing", file) }},
		{"of the folder of locks", func(path, _, _ string) error {
			locks := filepath.Join(path, "locks")
			return errors.Join(os.Rename(locks, locks+"x"), os.Symlink("locksx", locks))
		}},
		{"a folder in its place", func(_, file, _ string) error { return os.Mkdir(file, 0o700) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder, path := stateFolder(t)
			if err := lock(t, folder, "a").Release(); err != nil {
				t.Fatal(err)
			}
			outside := filepath.Join(t.TempDir(), "outside")
			put(t, "untouched", outside)
			files, _ := filepath.Glob(filepath.Join(path, "locks", "*"))
			if err := errors.Join(os.Remove(files[0]), tt.link(path, files[0], outside)); err != nil {
				t.Fatal(err)
			}
			_, err := folder.Lock(context.Background(), []string{"a"}, 0)
			if _, ok := errors.AsType[*runs.FolderError](err); !ok {
				t.Errorf("Lock = %v, want a FolderError", err)
			}
			if got := text(t, outside); got != "untouched" {
				t.Errorf("the file outside is %q", got)
			}
		})
	}
}

func TestLockTimeout(t *testing.T) {
	stopped := errors.New("stopped")
	for _, tt := range []struct {
		name              string
		timeout           time.Duration
		free, stop        time.Duration // when the lane is released, when ctx ends; 0 is never
		least, most       time.Duration // how long Lock takes
		wantHeld          bool
		wantErr           error
		stoppedBeforehand bool
	}{
		{name: "at once", wantHeld: true},
		{name: "less than none", timeout: -time.Second, wantHeld: true},
		{name: "to the end", timeout: 10 * time.Second, least: 10 * time.Second, most: 10 * time.Second, wantHeld: true},
		{name: "until it is free", timeout: time.Minute, free: 7 * time.Second, least: 7 * time.Second, most: 8 * time.Second},
		{name: "for ever", timeout: 1<<63 - 1, free: time.Hour, least: time.Hour, most: time.Hour + time.Second},
		{name: "until it is stopped", timeout: time.Minute, stop: 3 * time.Second, least: 3 * time.Second, most: 3 * time.Second, wantHeld: true, wantErr: stopped},
		{name: "stopped beforehand", timeout: time.Minute, stoppedBeforehand: true, wantErr: stopped},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder, _ := stateFolder(t)
			synctest.Test(t, func(t *testing.T) {
				holder := lock(t, folder, "b")
				ctx, cancel := context.WithCancelCause(context.Background())
				defer cancel(nil)
				if tt.stoppedBeforehand {
					cancel(stopped)
				}
				if tt.free > 0 {
					time.AfterFunc(tt.free, func() { _ = holder.Release() })
				}
				if tt.stop > 0 {
					time.AfterFunc(tt.stop, func() { cancel(stopped) })
				}
				began := time.Now()
				locks, err := folder.Lock(ctx, []string{"a", "b"}, tt.timeout)
				if took := time.Since(began); took < tt.least || took > tt.most {
					t.Errorf("it took %v, want %v to %v", took, tt.least, tt.most)
				}
				_, held := heldBy(err)
				if held != tt.wantHeld || !(held && tt.wantErr == nil) && !errors.Is(err, tt.wantErr) {
					t.Errorf("Lock = %v", err)
				}
				if err == nil {
					_ = locks.Release()
				}
			})
		})
	}
}

// TestOwn: a file of a run has one owner, whatever became of the lanes' lock
// files, until the owner releases it.
func TestOwn(t *testing.T) {
	folder, path := stateFolder(t)
	run := begunRun(t, folder, time.Now())
	owner := lock(t, folder, "a")
	if err := owner.Own(run, "journal.jsonl"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a file that is not there: %v", err)
	}
	put(t, "the journal", path, "runs", run.ID(), "journal.jsonl")
	if err := owner.Own(run, "journal.jsonl"); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(path, "locks")); err != nil {
		t.Fatal(err)
	}
	other := lock(t, openFolder(t, path), "a")
	held, isHeld := heldBy(other.Own(run, "journal.jsonl"))
	if !isHeld || held.Error() != "runs/"+run.ID()+"/journal.jsonl is in use by another process" {
		t.Fatalf("it has two owners: %v", held)
	}
	if err := owner.Release(); err != nil {
		t.Fatal(err)
	}
	if err := other.Own(run, "journal.jsonl"); err != nil {
		t.Error("it was released:", err)
	}
	if got := text(t, path, "runs", run.ID(), "journal.jsonl"); got != "the journal" {
		t.Errorf("it was changed: %q", got)
	}
}
