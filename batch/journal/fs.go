package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// FS is the part of a folder that a log uses. Tests have one that crashes.
type FS interface {
	// OpenFile is like [os.OpenFile]; name is a file in the folder itself.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Remove(name string) error
	// Names returns the names of the files in the folder, in any order.
	Names() ([]string, error)
	// SyncFolder makes new names durable.
	SyncFolder() error
}

// File is the part of a file that a log uses. WriteAt and Sync may run at once.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Sync makes everything written before it durable.
	Sync() error
	Truncate(size int64) error
	// Reserve allocates room for a file of that size, in bytes, and leaves its
	// size unchanged. It does nothing where the file system cannot do that.
	Reserve(size int64) error
}

// OSFolder returns the folder that root has open. It opens only plain files in
// the folder itself: no links, and no names with a folder in them.
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

// plain refuses names in other folders, which SyncFolder would not cover, and
// files that are not plain: a link leads elsewhere, a pipe never ends.
func (d folder) plain(name string) error {
	if name != filepath.Base(name) {
		return fmt.Errorf("%q: %w: not a name in the folder itself", name, fs.ErrInvalid)
	}
	if info, err := d.root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%q: %w: not a plain file", name, fs.ErrInvalid)
	}
	return nil // if the file is missing or cannot be examined, opening it says so
}

func (d folder) Names() ([]string, error) {
	f, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	names, err := f.Readdirnames(-1)
	return names, errors.Join(err, f.Close())
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
