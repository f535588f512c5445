package runs

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
	"time"
)

// finished makes a finished run and opens the folder it is in.
func finished(t *testing.T) (*Folder, *Run) {
	t.Helper()
	folder, err := Open(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	run, err := folder.NewRun(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(run.Begin(Head{}), run.Finish(Summary{}), run.Close()); err != nil {
		t.Fatal(err)
	}
	return folder, run
}

func TestRemovedBetweenOpenAndHold(t *testing.T) {
	state, old := finished(t)
	folder, err := openFolder(state.root, runsFolder)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = folder.Close() }()
	root, err := openFolder(folder, old.ID())
	if err != nil {
		t.Fatal(err)
	}
	run := &Run{id: old.ID(), root: root}
	defer func() { _ = run.Close() }()
	if err := state.Prune(0); err != nil {
		t.Fatal(err)
	}
	if err := run.hold(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("hold of a removed run = %v, want fs.ErrNotExist", err)
	}
}

func TestResumedBetweenListAndRemove(t *testing.T) {
	state, old := finished(t)
	folder, err := openFolder(state.root, runsFolder)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = folder.Close() }()
	run, err := state.OpenRun(old.ID())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(run.Finish(Summary{Pending: true}), run.Close()); err != nil {
		t.Fatal(err)
	}
	if err := remove(folder, old.ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Lstat(old.ID()); err != nil {
		t.Error("an unfinished run was removed:", err)
	}
}
