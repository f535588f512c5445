package runs_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"imgrename/batch/runs"
)

// unprivileged calls do on a thread of its own that may not write where the
// permissions forbid it, as root otherwise may.
func unprivileged(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		if os.Geteuid() == 0 {
			_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, 65534, 0, 0)
		}
		do()
	}()
	<-done
}

func TestReadOnlyFolder(t *testing.T) {
	folder, path := stateFolder(t)
	run := begunRun(t, folder, start)
	locks, err := folder.Lock(context.Background(), []string{"a"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := locks.Release(); err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, name := range []string{"locks", "runs/" + run.ID(), "runs", "."} {
		dirs = append(dirs, filepath.Join(path, name))
	}
	lockFiles, _ := filepath.Glob(filepath.Join(path, "locks", "*"))
	for _, name := range append(append(dirs, lockFiles...), filepath.Join(dirs[1], "head.json")) {
		if err := os.Chmod(name, 0o555); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, name := range dirs {
			_ = os.Chmod(name, 0o700)
		}
	})
	for _, tt := range []struct {
		name string
		do   func() error
	}{
		{"a run", func() error { _, err := folder.NewRun(start); return err }},
		{"a plan", func() error { return folder.UsePlan("sha256:ab", "", start) }},
		{"a lock that was", func() error { _, err := folder.Lock(context.Background(), []string{"a"}, 0); return err }},
		{"a new lock", func() error { _, err := folder.Lock(context.Background(), []string{"b"}, 0); return err }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			unprivileged(func() { err = tt.do() })
			if _, ok := errors.AsType[*runs.FolderError](err); !ok || !errors.Is(err, os.ErrPermission) {
				t.Errorf("%v, want a FolderError: permission denied", err)
			}
		})
	}
	unprivileged(func() { err = run.Finish(runs.Summary{}) })
	if !errors.Is(err, os.ErrPermission) {
		t.Errorf("Finish = %v, want permission denied", err)
	}
	var list []runs.Info
	unprivileged(func() { list, err = folder.Runs() })
	if len(list) != 1 || list[0].Problem != nil || err != nil {
		t.Errorf("Runs = %+v, %v: reading should do", list, err)
	}
	unprivileged(func() {
		var again *runs.Run
		if again, err = folder.OpenRun(run.ID()); err == nil {
			err = again.Close()
		}
	})
	if err != nil {
		t.Error("OpenRun:", err)
	}
}
