// Package runs keeps what must outlive a process in the state folder: a folder
// for each run, the locks on the lanes, and which saved plans have been used.
//
//	runs/ID/         one application of a plan: head.json first, then whatever
//	                 the run writes, end.json last
//	locks/NAME.lock  one file per lane, never deleted; the lock is flock(2)'s
//	plans/SUM        a saved plan that was used; kept longer than the runs
//
// A run is unfinished until an end.json says that nothing is left to resume, so
// a process that dies at any instant leaves an unfinished run and no lock.
// Files appear whole or not at all, and are on disk when a call returns.
//
// The folder is its owner's alone. Everything in it is reached through an
// [os.Root] and no link in it is followed, not even to another place inside.
// What is read back was written by an unknown version of this program and may
// be damaged: that is a [DamagedError] of one run, never a reason to hide it.
//
// runs knows files, locks and ids. It does not know what a plan, an image or a
// journal is, and decides nothing about the work itself.
package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// A Folder is an open state folder. Several processes may have it open.
type Folder struct {
	root *os.Root
	path string
}

// A FolderError reports that the state folder cannot be trusted or used.
type FolderError struct {
	Path string
	Err  error
}

func (e *FolderError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("state folder: %v", e.Err)
	}
	return fmt.Sprintf("state folder %s: %v", e.Path, e.Err)
}

func (e *FolderError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *FolderError) Hint() string {
	return "name a folder of your own with --state-dir; it must outlive the run"
}

// Open opens the state folder, and creates it if it does not exist. A folder
// that belongs to another user or that others may write to is refused, as
// whoever can write there decides what is done. The error is a [*FolderError].
func Open(path string) (*Folder, error) {
	f, err := open(path)
	if err != nil {
		return nil, &FolderError{path, err}
	}
	return f, nil
}

// Find is like Open but creates no folder. Its error wraps fs.ErrNotExist if
// there is none.
func Find(path string) (*Folder, error) {
	f, err := find(path)
	if err != nil {
		return nil, &FolderError{path, err}
	}
	return f, nil
}

func open(path string) (*Folder, error) {
	if path != "" {
		if err := makeAll(filepath.Clean(path)); err != nil {
			return nil, bare(err)
		}
	}
	return find(path)
}

func find(path string) (*Folder, error) {
	if path == "" {
		return nil, errors.New("there is no home folder to keep it in")
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, bare(err)
	}
	info, err := root.Stat(".")
	if err == nil {
		err = trusted(info)
	}
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	return &Folder{root, path}, nil
}

// bare strips the path from an error, as our message names it already. It does
// not look into wrapped errors.
func bare(err error) error {
	if e, ok := err.(*fs.PathError); ok {
		return e.Err
	}
	return err
}

// trusted returns an error unless a folder is ours and only we may write to it.
func trusted(info fs.FileInfo) error {
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("it belongs to user %d", owner.Uid)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("others may write to it (mode %04o)", info.Mode().Perm())
	}
	return nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// makeAll creates a folder and those above it, durably: a run's folder survives
// a power loss only if every folder above it does.
func makeAll(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	above := filepath.Dir(path)
	if above != path {
		if err := makeAll(above); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	folder, err := os.Open(above)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// subfolder opens a folder of the state folder, and creates it if it does not
// exist. The state folder is synced either way: the process that created the
// folder may have died before it could do that.
func (f *Folder) subfolder(name string) (*os.Root, error) {
	if err := f.root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if err := syncFolder(f.root, "."); err != nil {
		return nil, err
	}
	return openFolder(f.root, name)
}

// fail returns err as a [*FolderError].
func (f *Folder) fail(err error) error { return &FolderError{f.path, bare(err)} }
