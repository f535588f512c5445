package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// removed begins the name of a run's folder that is being removed.
const removed = ".removed-"

// Prune removes the finished runs but the last keep ones, and those that never
// began. Unfinished runs, damaged ones of which it cannot be told, runs that
// are open anywhere and used plans are kept.
func (f *Folder) Prune(keep int) error {
	folder, err := openFolder(f.root, runsFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return f.fail(err)
	}
	defer func() { _ = folder.Close() }()
	if err := prune(folder, keep); err != nil {
		return f.fail(err)
	}
	return nil
}

func prune(folder *os.Root, keep int) error {
	found, err := names(folder)
	if err != nil {
		return err
	}
	for _, name := range found {
		if strings.HasPrefix(name, removed) { // by a process that was killed over it
			err = errors.Join(err, folder.RemoveAll(name))
		}
	}
	list, listErr := infos(folder)
	err = errors.Join(err, listErr)
	for _, info := range list {
		switch {
		case info.Unfinished():
		case info.End != nil && keep > 0:
			keep--
		default:
			err = errors.Join(err, remove(folder, info.ID))
		}
	}
	return err
}

// remove removes the folder of a run unless it is open anywhere. It is renamed
// first: a process killed over it leaves no half of a run to be listed.
func remove(folder *os.Root, id string) error {
	root, err := openFolder(folder, id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // by another process
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", id, bare(err))
	}
	defer func() { _ = root.Close() }()
	guard, err := root.Open(".")
	if err != nil {
		return fmt.Errorf("remove %s: %w", id, bare(err))
	}
	defer func() { _ = guard.Close() }()
	if flock(guard, syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil // open somewhere, or nothing can be told of it
	}
	if infoOf(root, id).Unfinished() {
		return nil // it was resumed since it was listed
	}
	if err := folder.Rename(id, removed+id); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", id, err)
	}
	return folder.RemoveAll(removed + id)
}
