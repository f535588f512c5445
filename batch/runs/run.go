package runs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A Run is the open folder of a run. Several goroutines and processes may have
// it open and call its methods; the locks on the lanes decide which may work on
// the run. [Folder.Prune] does not remove a run that is open.
type Run struct {
	id      string
	started time.Time
	root    *os.Root
	guard   *os.File // the folder again, with a shared flock that Prune respects
}

// A NotFoundError reports that there is no such run.
type NotFoundError struct {
	ID   string   // as asked for; may hold any bytes
	Near []string // ids that may have been meant
}

func (e *NotFoundError) Error() string { return fmt.Sprintf("there is no run %q", e.ID) }

// Hint suggests other runs.
func (e *NotFoundError) Hint() string {
	hint := `"imgrename runs" lists them`
	if len(e.Near) > 0 {
		hint = "did you mean " + strings.Join(e.Near, " or ") + "? " + hint
	}
	return hint
}

// NewRun creates the folder of a run that starts now, with an id that no other
// run of the state folder has. The folder is on disk when NewRun returns.
// [Run.Begin] comes next. The error is a [*FolderError].
func (f *Folder) NewRun(now time.Time) (*Run, error) {
	folder, err := f.subfolder(runsFolder)
	if err != nil {
		return nil, f.fail(err)
	}
	defer func() { _ = folder.Close() }()
	for range 1000 {
		run, err := newRun(folder, now)
		if err == nil {
			return run, nil
		}
		// The id is taken, or the folder was pruned before it was guarded.
		if !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) {
			return nil, f.fail(err)
		}
	}
	return nil, f.fail(errors.New("no run id is free"))
}

func newRun(folder *os.Root, now time.Time) (*Run, error) {
	id := newID(now)
	if err := folder.Mkdir(id, 0o700); err != nil {
		return nil, err
	}
	if err := syncFolder(folder, "."); err != nil {
		return nil, err
	}
	run, err := openRun(folder, id)
	if err != nil {
		return nil, err
	}
	run.started = now.UTC()
	return run, nil
}

// Path returns the path of a run's folder, below that of a state folder.
func Path(state, id string) string { return filepath.Join(state, runsFolder, id) }

// OpenRun opens the run with an id. The error is a [*NotFoundError], a
// [*DamagedError] if the id is not the name of a folder of ours, or a
// [*FolderError]. A run whose files are damaged can be opened.
func (f *Folder) OpenRun(id string) (*Run, error) {
	folder, err := openFolder(f.root, runsFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NotFoundError{ID: id}
	}
	if err != nil {
		return nil, f.fail(err)
	}
	defer func() { _ = folder.Close() }()
	run, err := openRun(folder, id)
	switch {
	case !validID(id), errors.Is(err, fs.ErrNotExist):
		found, _ := ids(folder) // only for the hint
		return nil, &NotFoundError{id, near(id, found)}
	case err != nil:
		return nil, &DamagedError{ID: id, Err: bare(err)}
	}
	return run, nil
}

// openRun opens the folder of a run and guards it against [Folder.Prune].
func openRun(folder *os.Root, id string) (*Run, error) {
	started, err := startOf(id)
	if err != nil {
		return nil, err
	}
	root, err := openFolder(folder, id)
	if err != nil {
		return nil, err
	}
	run := &Run{id: id, started: started, root: root}
	if err := run.hold(folder); err != nil {
		_ = run.Close()
		return nil, err
	}
	return run, nil
}

// hold guards the run. The error wraps fs.ErrNotExist if the run has been
// removed since it was opened.
func (r *Run) hold(folder *os.Root) error {
	var err error
	if r.guard, err = r.root.Open("."); err != nil {
		return err
	}
	// Prune holds the lock for a moment only. Where flock does not work, Prune
	// removes nothing and no guard is needed.
	_ = flock(r.guard, syscall.LOCK_SH)
	return sameFile(folder, r.id, r.guard)
}

// ID returns the run's id.
func (r *Run) ID() string { return r.id }

// Root returns the run's folder, which [Run.Close] closes.
func (r *Run) Root() *os.Root { return r.root }

// Close closes the folder.
func (r *Run) Close() error {
	if r.guard == nil {
		return r.root.Close()
	}
	return errors.Join(r.guard.Close(), r.root.Close())
}

// Begin writes down what the run is about, before it does anything. It is on
// disk when Begin returns. A run begins only once.
func (r *Run) Begin(head Head) error {
	_, err := r.root.Lstat(headFile)
	if err == nil {
		err = errors.New("the run has already begun")
	} else if errors.Is(err, fs.ErrNotExist) {
		err = writeRecord(r.root, headFile, storedHead{stored{version, r.id}, r.started, head})
	}
	return r.fail("write", headFile, err)
}

// Finish writes down how the run ended, replacing an earlier end. It is on disk
// when Finish returns.
func (r *Run) Finish(end Summary) error {
	return r.fail("write", endFile, writeRecord(r.root, endFile, storedEnd{stored{version, r.id}, end, end.Boot, end.Up}))
}

// Finished returns how the run ended, and whether it did. A run that ended with
// something pending has ended too. The error is a [*DamagedError].
func (r *Run) Finished() (Summary, bool, error) {
	end, err := readEnd(r.root, r.id)
	if end == nil {
		return Summary{}, false, err
	}
	return *end, true, nil
}

// Info describes the run as [Folder.Runs] does.
func (r *Run) Info() Info { return infoOf(r.root, r.id) }

// WriteFile creates or replaces a file in the run's folder. The file appears
// whole or not at all, with mode 0600, and is on disk when WriteFile returns. A
// link of that name is replaced, not followed. If the process is killed
// meanwhile, a file with a leading dot may stay. The error wraps write's.
func (r *Run) WriteFile(name string, write func(io.Writer) error) error {
	err := plain(name)
	if err == nil {
		err = writeFile(r.root, name, write)
	}
	return r.fail("write", name, err)
}

// Open opens a file in the run's folder for reading, without following links.
func (r *Run) Open(name string) (*os.File, error) {
	if err := plain(name); err != nil {
		return nil, r.fail("read", name, err)
	}
	file, err := openFile(r.root, name, os.O_RDONLY)
	return file, r.fail("read", name, err)
}

// fail adds to err what could not be done with which file of the run. It
// returns nil if err is nil.
func (r *Run) fail(verb, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("run %s: %s %q: %w", r.id, verb, name, bare(err))
}
