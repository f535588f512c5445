// Package runs keeps what must outlive a process in the state folder: a folder
// for each run, the locks on the lanes, and a mark for each saved plan that was
// used. It knows files, locks and ids. It does not know what a plan, an image
// or a journal is, and decides nothing about the work itself: the order below
// is its caller's.
//
// # Files
//
//	locks/NAME.lock      a lane's lock, with a note of its holder
//	runs/ID/             one application of a plan
//	    head.json        what it is about
//	    journal.jsonl    what was sent, and what came of it (the caller's); of later
//	                     processes in journal-2.jsonl and so on
//	    plan.json        the plan (the caller's)
//	    report.csv       what became of every row (the caller's)
//	    end.json         how it ended
//	plans/SUM            the saved plan with this checksum was used
//
// All files but the journal appear whole or not at all, and are on disk when
// the call that writes them returns.
//
// # Order
//
//  1. [Folder.Lock] locks the lanes, and waits for one that is held. The lock is
//     flock(2)'s, and ends with the process; its file is never deleted. A mount
//     that keeps locks to this host is refused (mount.go).
//  2. [Folder.NewRun] creates the run's folder, and [Run.Begin] writes
//     head.json, which never changes.
//  3. [Folder.UsePlan] marks a saved plan as used, and names the run in the
//     mark. A plan that changes nothing is marked too, but has no run.
//  4. The caller creates journal.jsonl, locks it ([Locks.Own]) and then writes
//     plan.json. From here on another process can finish the run, and only now
//     are calls sent. In a folder that hosts share, the caller makes sure now and
//     then that the locks are still held ([Locks.Check]), and stops if they are not.
//  5. After the last call the caller closes the journal and writes report.csv,
//     and [Run.Finish] writes end.json. A resumed run replaces both.
//  6. [Folder.Prune] (list.go) removes all finished runs but the last [Kept].
//     Marks of used plans stay, so that no plan is applied again after that.
//
// # What a crash leaves
//
// A process that dies leaves no lock. It may leave
//   - a folder without head.json: nothing was done. Prune removes it;
//   - head.json, but no plan.json: no call was sent. The next process that
//     locks the run's lanes removes the mark of its plan ([Folder.ForgetPlan])
//     and then ends the run;
//   - plan.json, but no end.json, or one that says that something is pending:
//     the run is unfinished. The next process resumes or closes it, by its
//     journal;
//   - a file .NAME.*.tmp that was being written: nothing reads it;
//   - a folder .removed-ID that was being removed: the next Prune removes it.
//
// # Trust
//
// The folder is its owner's alone. Everything in it is reached through an
// [os.Root], and no link in it is followed, not even one to another place
// inside. What is read back was written by an unknown version of this program
// and may be damaged. That is a [DamagedError] of one run, which is still
// listed.
package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The folders in the state folder.
const (
	locksFolder = "locks" // the lock files
	runsFolder  = "runs"  // the runs' folders
	// plansFolder has a mark for each used plan: a file named after the plan's
	// checksum, with the time and, if the plan was used for a run, the run's id.
	plansFolder = "plans"
)

// A Folder is an open state folder. Several processes may have it open.
type Folder struct {
	// Command is the command of this process, which the notes in its locks tell
	// (note.go); printable.
	Command string

	root    *os.Root
	path    string
	mountOf func(*os.File) *mount // tests have others than this host
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
	if local, ok := errors.AsType[*LocalLockError](e.Err); ok {
		return local.Hint()
	}
	return "name a folder of your own with --state-dir; it must outlive the run"
}

// Open opens the state folder, and creates it if it does not exist. A folder
// that belongs to another user or that others may write to is refused, as
// whoever can write there decides what is done. The error is a [*FolderError].
func Open(path string) (*Folder, error) {
	if path != "" {
		if err := makeAll(filepath.Clean(path)); err != nil {
			return nil, &FolderError{path, bare(err)}
		}
	}
	return Find(path)
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

func find(path string) (*Folder, error) {
	if path == "" {
		return nil, errors.New("there is no home folder to keep it in")
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, bare(err)
	}
	if _, err := trusted(root); err != nil {
		_ = root.Close()
		return nil, err
	}
	return &Folder{root: root, path: path, mountOf: mountOf}, nil
}

// bare strips the path from an error, as our message names it already. It does
// not look into wrapped errors.
func bare(err error) error {
	if e, ok := err.(*fs.PathError); ok {
		return e.Err
	}
	return err
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

// within calls do with a folder of the state folder, unless that does not exist.
// The error is a [*FolderError].
func (f *Folder) within(name string, do func(*os.Root) error) error {
	folder, err := openFolder(f.root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return f.fail(err)
	}
	defer func() { _ = folder.Close() }()
	return f.fail(do(folder))
}

// fail returns err as a [*FolderError], nil if err is nil.
func (f *Folder) fail(err error) error {
	if err == nil {
		return nil
	}
	return &FolderError{f.path, bare(err)}
}
