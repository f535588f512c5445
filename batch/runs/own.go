package runs

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"syscall"
)

// What holds even if somebody removes the lock files by hand.

// Intact returns an error if the file of a lock was removed or replaced by hand
// since it was locked: then the lock excludes nobody any more.
func (f *Folder) Intact(l *Locks) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	folder, err := openFolder(f.root, locksFolder)
	if err != nil {
		return f.fail(err)
	}
	defer func() { _ = folder.Close() }()
	for _, file := range l.files {
		name := filepath.Base(file.Name())
		if err := sameFile(folder, name, file); err != nil {
			return f.fail(fmt.Errorf("%s/%s was removed while it was locked: another process may work there", locksFolder, name))
		}
	}
	return nil
}

// Own locks a file of a run, which must be there, until Release. Only who owns it
// may change it: a lane's lock file may have been removed by hand, and then
// excludes nobody. The error is a [*HeldError] if another process owns the file.
func (l *Locks) Own(r *Run, name string) error {
	file, err := openFile(r.root, name, os.O_RDWR)
	if err != nil {
		return r.fail("lock", name, err)
	}
	err = flock(file, syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		err = sameFile(r.root, name, file)
	}
	if err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return &HeldError{File: path.Join(runsFolder, r.id, name)}
		}
		return r.fail("lock", name, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owned = append(l.owned, file)
	return nil
}
