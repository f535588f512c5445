// Package runs keeps what must outlive a run in the state folder: today, which
// saved plans have been used.
//
// The folder is its owner's alone. Everything in it is reached through an
// [os.Root], so that no link planted inside leads out of it.
package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A Folder is an open state folder. Several processes may have it open.
type Folder struct {
	root *os.Root
	path string
}

// A FolderError tells that the state folder cannot be trusted or used.
type FolderError struct {
	Path string
	Err  error
}

func (e *FolderError) Error() string {
	return fmt.Sprintf("state folder %s: %v", e.Path, e.Err)
}

func (e *FolderError) Unwrap() error { return e.Err }

// Hint names the way out.
func (e *FolderError) Hint() string {
	return "name a folder of your own with --state-dir; it has to outlive the run"
}

// Open opens the state folder, and makes it if it is not there. A folder that
// belongs to somebody else or that others may write to is refused: whoever can
// write there decides what is done. The error is a [*FolderError].
func Open(path string) (*Folder, error) {
	f, err := open(path)
	if err != nil {
		return nil, &FolderError{path, err}
	}
	return f, nil
}

func open(path string) (*Folder, error) {
	if path == "" {
		return nil, errors.New("there is no home folder to keep it in")
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, bare(err)
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

// bare strips the path, which the message has already.
func bare(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

func trusted(info fs.FileInfo) error {
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("it belongs to user %d", owner.Uid)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("others may write to it (mode %04o)", info.Mode().Perm())
	}
	return nil
}

// Close lets go of the folder.
func (f *Folder) Close() error { return f.root.Close() }

// A UsedError tells that a saved plan has been used before.
type UsedError struct {
	Sum  string
	When string // as written then, RFC 3339; may be empty
}

func (e *UsedError) Error() string {
	if e.When == "" {
		return "the plan was used before"
	}
	return "the plan was used before, on " + e.When
}

// Hint names the way out.
func (e *UsedError) Hint() string { return "plan again and look at what is left to be done" }

// plans is the folder of used plans, a file each, named by the plan's sum.
const plans = "plans"

// UsePlan remembers that a saved plan is used from now on. It returns a
// [*UsedError] if it was used before: of several processes that try, one wins.
// The mark is on disk when UsePlan returns.
func (f *Folder) UsePlan(sum string, now time.Time) error {
	name := filepath.Join(plans, strings.TrimPrefix(sum, "sha256:"))
	err := f.mark(name, now.UTC().Format(time.RFC3339)+"\n")
	if errors.Is(err, fs.ErrExist) {
		when, _ := f.root.ReadFile(name) // a mark that cannot be read is a mark
		return &UsedError{sum, strings.TrimSpace(string(when))}
	}
	if err != nil {
		return &FolderError{f.path, bare(err)}
	}
	return nil
}

// mark makes a file that must not be there yet, durably.
func (f *Folder) mark(name, text string) error {
	if err := f.root.MkdirAll(plans, 0o700); err != nil {
		return err
	}
	file, err := f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	for _, folder := range []string{plans, "."} {
		if err := f.syncFolder(folder); err != nil {
			return err
		}
	}
	return nil
}

func (f *Folder) syncFolder(name string) error {
	folder, err := f.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
