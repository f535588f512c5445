package journal

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// FS is a folder, as far as a log needs one. A crash file system can stand in.
type FS interface {
	// OpenFile is as [os.OpenFile]; name is a file's in this folder.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Remove(name string) error
	// SyncFolder makes new names durable.
	SyncFolder() error
}

// File is a file, as far as a log needs one. WriteAt and Sync may be called at
// the same time.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Sync makes all that was written before it durable.
	Sync() error
	Truncate(size int64) error
	// Reserve sets room aside for a file of that size, and leaves the size as
	// it is. It does nothing where that cannot be done.
	Reserve(size int64) error
}

// OSFolder is the folder itself that root stands for. Names with a folder in
// them, links and whatever else is no plain file are refused.
func OSFolder(root *os.Root) FS { return folder{root} }

type folder struct{ root *os.Root }

func (d folder) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	if err := d.plain(name); err != nil {
		return nil, err
	}
	f, err := d.root.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return file{f}, nil
}

// plain refuses what SyncFolder would not cover, and what would lead elsewhere
// or never end.
func (d folder) plain(name string) error {
	if name != filepath.Base(name) {
		return fmt.Errorf("%q: %w: not a name in the folder itself", name, fs.ErrInvalid)
	}
	if info, err := d.root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%q: %w: not a plain file", name, fs.ErrInvalid)
	}
	return nil // if there is no such file, or no way to tell, opening it says so
}

func (d folder) Remove(name string) error { return d.root.Remove(name) }

func (d folder) SyncFolder() error {
	f, err := d.root.Open(".")
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

type file struct{ *os.File }

func (f file) Reserve(size int64) error {
	if size <= 0 {
		return nil
	}
	return reserve(f.File, size)
}
