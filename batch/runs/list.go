package runs

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// An Info describes a run in a list.
type Info struct {
	ID      string
	Started time.Time
	Head    Head     // zero if head.json cannot be read
	End     *Summary // nil if the run has not ended or end.json cannot be read
	Problem error    // what is wrong with the folder, a [*DamagedError]
}

// Unfinished reports whether something may be left to resume: the run has begun
// and has not ended, or it ended with something pending. If a Problem leaves
// that open, the run counts as unfinished.
func (i Info) Unfinished() bool {
	if i.End != nil {
		return i.End.Pending
	}
	return !errors.Is(i.Problem, errNotBegun)
}

// Runs lists all runs: the unfinished ones first, and among both the newest
// first. It writes nothing. The error is a [*FolderError]; what is wrong with
// one run is in its Problem.
func (f *Folder) Runs() (found []Info, err error) {
	err = f.within(runsFolder, func(folder *os.Root) error {
		found, err = infos(folder)
		return err
	})
	return found, err
}

// Unfinished lists the runs for which [Info.Unfinished] is true, the newest
// first. It includes runs with a Problem: whether these left anything to
// resume, and on which lanes, may be unknown.
func (f *Folder) Unfinished() ([]Info, error) {
	found, err := f.Runs()
	return slices.DeleteFunc(found, func(i Info) bool { return !i.Unfinished() }), err
}

// ids lists the names that are run ids, in no order.
func ids(folder *os.Root) ([]string, error) {
	found, err := names(folder)
	return slices.DeleteFunc(found, func(name string) bool { return !validID(name) }), err
}

func infos(folder *os.Root) ([]Info, error) {
	found, err := ids(folder)
	if err != nil {
		return nil, err
	}
	list := make([]Info, 0, len(found))
	for _, id := range found {
		if info, ok := infoIn(folder, id); ok {
			list = append(list, info)
		}
	}
	slices.SortFunc(list, func(a, b Info) int {
		return cmp.Or(rank(a)-rank(b), b.Started.Compare(a.Started), strings.Compare(b.ID, a.ID))
	})
	return list, nil
}

// rank puts the unfinished runs first.
func rank(i Info) int {
	if i.Unfinished() {
		return 0
	}
	return 1
}

// infoIn describes the run with an id; it is not ok if that has been pruned.
func infoIn(folder *os.Root, id string) (_ Info, ok bool) {
	root, err := openFolder(folder, id)
	if errors.Is(err, fs.ErrNotExist) {
		return Info{}, false
	}
	if err != nil {
		started, _ := startOf(id) // ids gives valid ones
		return Info{ID: id, Started: started, Problem: &DamagedError{ID: id, Err: bare(err)}}, true
	}
	defer func() { _ = root.Close() }()
	info := infoOf(root, id)
	_, err = folder.Lstat(id)
	return info, !errors.Is(err, fs.ErrNotExist)
}

// infoOf describes a run by its files.
func infoOf(root *os.Root, id string) Info {
	started, _ := startOf(id)
	info := Info{ID: id, Started: started}
	var head storedHead
	headErr := readRecord(root, id, headFile, &head)
	if errors.Is(headErr, fs.ErrNotExist) {
		headErr = headless(root, id)
	}
	if headErr == nil {
		info.Head = head.Head
		if !head.Started.IsZero() {
			info.Started = head.Started.UTC() // to the nanosecond
		}
	}
	end, endErr := readEnd(root, id)
	info.End, info.Problem = end, cmp.Or(headErr, endErr)
	return info
}

// headless says why a run has no head.json. As that file comes first, a run
// whose folder is empty has not begun, and any other has lost it.
func headless(root *os.Root, id string) error {
	found, err := names(root)
	begun := slices.ContainsFunc(found, func(name string) bool { return !strings.HasPrefix(name, ".") })
	switch {
	case err != nil:
		return &DamagedError{ID: id, Err: bare(err)}
	case begun:
		return &DamagedError{id, headFile, errors.New("it is missing")}
	}
	return &DamagedError{ID: id, Err: errNotBegun}
}

// readEnd returns how a run ended, nil if it has not or end.json is damaged.
func readEnd(root *os.Root, id string) (*Summary, error) {
	var end storedEnd
	err := readRecord(root, id, endFile, &end)
	switch {
	case err == nil:
		return end.summary(), nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	}
	return nil, err
}

// removed is the prefix that a run's folder gets while it is being removed.
const removed = ".removed-"

// Kept is how many finished runs a state folder keeps, beside those that ended
// within the last KeptFor: their calls may still take effect.
const (
	Kept    = 30
	KeptFor = 24 * time.Hour
)

// Prune removes all finished runs but the keep newest of each shard and those that
// ended within the last [KeptFor], and all runs that never began. It keeps unfinished
// runs, damaged ones that may be unfinished, runs that any process has open, and the
// marks of used plans.
func (f *Folder) Prune(keep int) error {
	return f.within(runsFolder, func(folder *os.Root) error { return prune(folder, keep) })
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
	kept := make(map[string]int) // by the shard's number
	for _, info := range list {
		index, _, _ := strings.Cut(info.Head.Shard, "/")
		switch {
		case info.Unfinished():
		case info.End != nil && kept[index] < keep:
			kept[index]++
		case info.End != nil && time.Since(info.End.Ended) < KeptFor:
		default:
			if failed := remove(folder, info.ID); failed != nil {
				err = errors.Join(err, fmt.Errorf("remove %s: %w", info.ID, bare(failed)))
			}
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
		return err
	}
	defer func() { _ = root.Close() }()
	guard, err := root.Open(".")
	if err != nil {
		return err
	}
	defer func() { _ = guard.Close() }()
	if flock(guard, syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil // a process has it open, or flock does not work here
	}
	if infoOf(root, id).Unfinished() {
		return nil // it has been resumed since it was listed
	}
	if err := folder.Rename(id, removed+id); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return folder.RemoveAll(removed + id)
}
