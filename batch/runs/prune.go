package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// removed is the prefix that a run's folder gets while it is being removed.
const removed = ".removed-"

// Prune removes all finished runs but the keep newest, and all runs that never
// began. It keeps unfinished runs, damaged ones that may be unfinished, runs
// that any process has open, and the marks of used plans.
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
		if strings.HasPrefix(name, removed) { // left by a process that was killed meanwhile
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

// remove removes the folder of a run unless a process has it open. The folder
// is renamed first, so that a process that is killed meanwhile leaves no half
// of a run in the list.
func remove(folder *os.Root, id string) error {
	root, err := openFolder(folder, id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another process was faster
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
		return nil // a process has it open, or flock does not work here
	}
	if infoOf(root, id).Unfinished() {
		return nil // it has been resumed since it was listed
	}
	if err := folder.Rename(id, removed+id); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", id, err)
	}
	return folder.RemoveAll(removed + id)
}
