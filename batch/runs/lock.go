package runs

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Locks are the locks on the lanes of a run, and on files of runs. The kernel
// releases them however the process dies; the program's children do not inherit
// them. The server of a shared folder may give them to another host once this one
// is cut off from it, see [Locks.Check].
type Locks struct {
	since time.Time
	// command is the holder's, for its note.
	command string
	// shared says that other hosts may have the folder.
	shared bool

	mu    sync.Mutex
	note  []byte // as it stands in the files
	files []*os.File
	owned []*os.File // of runs, see Own
}

// A HeldError reports that another process, or another part of this one, has
// locked a lane, or a file of a run.
type HeldError struct {
	Lane   string
	Holder string // the holder by its own note, printable; may be empty
	File   string // the file's path in the state folder, instead of Lane
}

func (e *HeldError) Error() string {
	if e.File != "" {
		return e.File + " is in use by another process"
	}
	if e.Holder == "" {
		return fmt.Sprintf("lane %s is held by another process", e.Lane)
	}
	return fmt.Sprintf("lane %s is held by %s", e.Lane, e.Holder)
}

// Hint says what to do about it.
func (e *HeldError) Hint() string {
	if e.File != "" {
		return "wait until it has ended; a dead process holds no file"
	}
	return "wait until it has ended, or give --lock-timeout; a dead process holds no lock"
}

// Lock locks all lanes of a run or none. While one of them is held it releases
// the others, waits and tries again, until timeout has passed; 0 means one try.
// The error is a [*HeldError], a [*FolderError] or the cause of ctx, joined
// with the *HeldError of the lane that was waited for, if any.
//
// The locks last until [Locks.Release]. They exclude everybody who shares the
// state folder, even other parts of this process. A folder whose mount keeps
// locks to this host is refused with a [*LocalLockError], as far as that can be
// told.
func (f *Folder) Lock(ctx context.Context, lanes []string, timeout time.Duration) (*Locks, error) {
	// All lock in one order, and no lane twice: it would wait for itself.
	lanes = slices.Compact(slices.Sorted(slices.Values(lanes)))
	folder, err := f.subfolder(locksFolder)
	if err != nil {
		return nil, f.fail(err)
	}
	defer func() { _ = folder.Close() }()
	shared, err := f.checkMount(folder)
	if err != nil {
		return nil, f.fail(err)
	}
	end := time.Now().Add(timeout)
	var held *HeldError
	for try := 0; ; try++ {
		switch {
		case ctx.Err() != nil && held != nil:
			return nil, errors.Join(context.Cause(ctx), held)
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		}
		locks, err := lockAll(folder, lanes, &Locks{since: time.Now(), command: f.Command, shared: shared})
		if err == nil {
			return locks, nil
		}
		var ok bool
		if held, ok = errors.AsType[*HeldError](err); !ok {
			return nil, f.fail(err)
		}
		left := time.Until(end)
		if left <= 0 {
			return nil, held
		}
		select {
		case <-ctx.Done():
		case <-time.After(min(left, pause(try))):
		}
	}
}

// Shared reports whether other hosts may have the state folder.
func (l *Locks) Shared() bool { return l.shared }

// pause is how long to wait after a try: random, so that processes that want
// each other's lanes get out of step, and longer after each of the first tries.
func pause(try int) time.Duration {
	most := min(50*time.Millisecond<<min(try, 5), time.Second)
	return most/2 + rand.N(most/2)
}

// lockAll adds the locks of lanes to locks, which it returns.
func lockAll(folder *os.Root, lanes []string, locks *Locks) (*Locks, error) {
	for _, lane := range lanes {
		file, err := lockLane(folder, lane)
		if err != nil {
			_ = locks.Release()
			if _, held := errors.AsType[*HeldError](err); held {
				return nil, err
			}
			return nil, fmt.Errorf("%s/%s: %w", locksFolder, lockName(lane), bare(err))
		}
		locks.files = append(locks.files, file)
	}
	locks.Note("")
	return locks, nil
}

// lockLane locks one lane without waiting.
//
// github.com/gofrs/flock does not serve here: it opens its file by path,
// through any links on the way, and not beneath an [os.Root].
func lockLane(folder *os.Root, lane string) (*os.File, error) {
	name := lockName(lane)
	file, err := openFile(folder, name, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	err = flock(file, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = &HeldError{Lane: lane, Holder: holder(file)}
	}
	if err == nil {
		// If the file was deleted meanwhile, a lock on it excludes nobody.
		err = sameFile(folder, name, file)
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// Running reports whether a process seems to be working on a run: the run has
// not ended, a process has it open, and a process has locked one of its lanes.
// The check itself locks a lane for an instant, but only if a process has the
// run open, so it hardly ever gets in the way of [Folder.Lock]. This process
// must not have the run open. The answer may be outdated at once.
func (f *Folder) Running(info Info) bool {
	return info.Unfinished() && f.isOpen(info.ID) && slices.ContainsFunc(info.Head.Lanes, f.isLocked)
}

// isOpen reports whether any process has a run open.
func (f *Folder) isOpen(id string) bool {
	run, err := f.OpenRun(id)
	if err != nil {
		return false
	}
	defer func() { _ = run.Close() }() // and with it the lock
	return errors.Is(flock(run.guard, syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// isLocked reports whether a process has locked a lane. It creates no file.
func (f *Folder) isLocked(lane string) (locked bool) {
	_ = f.within(locksFolder, func(folder *os.Root) error {
		file, err := openFile(folder, lockName(lane), os.O_RDONLY)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // and with it the lock
		locked = errors.Is(flock(file, syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
		return nil
	})
	return locked
}

// lockName is the name of a lane's lock file: a readable part, and a hash that
// tells lanes apart whatever they are called and however the file system treats
// names.
func lockName(lane string) string {
	sum := sha256.Sum256([]byte(lane))
	readable := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789", r) {
			return r
		}
		return '-'
	}, lane[:min(len(lane), 64)])
	return fmt.Sprintf("lane-%s-%x.lock", readable, sum)
}

// Release releases all locks. Releasing again does nothing. The notes stay: this
// process may hold the locks no longer, and the note be of one that does.
func (l *Locks) Release() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	for _, file := range slices.Concat(l.owned, l.files) { // the lanes last
		// Closing alone is not enough: a child that is just being started has a
		// copy of the descriptor until it executes its program.
		err = errors.Join(err, flock(file, syscall.LOCK_UN), file.Close())
	}
	l.owned, l.files = nil, nil
	return err
}
