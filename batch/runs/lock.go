package runs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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

// locksFolder is where the lock files are.
const locksFolder = "locks"

// Locks are the locks on the lanes of a run. The kernel frees them when the
// process dies, however it dies; the program's children do not inherit them.
type Locks struct {
	since time.Time
	mu    sync.Mutex
	files []*os.File
}

// A HeldError tells that another process works on a lane, or another part of
// this one.
type HeldError struct {
	Lane   string
	Holder string // who says to hold it, printable; may be empty
}

func (e *HeldError) Error() string {
	if e.Holder == "" {
		return fmt.Sprintf("lane %s is held by another process", e.Lane)
	}
	return fmt.Sprintf("lane %s is held by %s", e.Lane, e.Holder)
}

// Hint names the way out.
func (e *HeldError) Hint() string {
	return "wait until it has ended, or let --lock-timeout wait for it; a dead process holds nothing"
}

// Lock locks all the lanes of a run or none. While one is held it lets go of
// the others, waits and tries again, for as long as timeout; 0 is one try. The
// error is a [*HeldError], a [*FolderError] or the cause why ctx ended, with the
// *HeldError of the lane that was waited for, if one was.
//
// They hold until [Locks.Release], between all who share the state folder on one
// host, parts of one process too.
func (f *Folder) Lock(ctx context.Context, lanes []string, timeout time.Duration) (*Locks, error) {
	// One order for everybody and one file for each lane: the same lane twice
	// would wait for itself.
	lanes = slices.Compact(slices.Sorted(slices.Values(lanes)))
	folder, err := f.makeRoom(locksFolder)
	if err != nil {
		return nil, f.fail(err)
	}
	defer func() { _ = folder.Close() }()
	end := time.Now().Add(timeout)
	var held *HeldError
	for try := 0; ; try++ {
		switch {
		case ctx.Err() != nil && held != nil:
			return nil, errors.Join(context.Cause(ctx), held)
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		}
		locks, err := lockAll(folder, lanes)
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
		sleep(ctx, min(left, pause(try)))
	}
}

// pause is how long to wait after a try: random, so that those who wait for
// each other's lanes part, and longer while little happens.
func pause(try int) time.Duration {
	most := min(50*time.Millisecond<<min(try, 5), time.Second)
	return most/2 + rand.N(most/2)
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func lockAll(folder *os.Root, lanes []string) (*Locks, error) {
	locks := &Locks{since: time.Now()}
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

// lockLane locks one lane, without waiting.
//
// github.com/gofrs/flock would do but for one thing: it opens its file by path,
// and so through whatever links lead there, not beneath an [os.Root].
func lockLane(folder *os.Root, lane string) (*os.File, error) {
	name := lockName(lane)
	file, err := openFile(folder, name, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	err = flock(file, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = &HeldError{lane, holder(file)}
	}
	if err == nil {
		// Somebody cleaned up: a lock on a file that has no name excludes nobody.
		err = sameFile(folder, name, file)
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// Running reports whether a process is at work on a run, as far as can be told:
// it has not ended, one has the run open, and one has its lanes. It hardly ever
// gets in the way of those who lock: a lane is only looked at where a process has
// the run open. Nobody in this process may have it open, and the answer may be
// old at once.
func (f *Folder) Running(info Info) bool {
	return info.Unfinished() && f.isOpen(info.ID) && slices.ContainsFunc(info.Head.Lanes, f.isLocked)
}

// isOpen tells whether any process has a run open.
func (f *Folder) isOpen(id string) bool {
	folder, err := openFolder(f.root, runsFolder)
	if err != nil {
		return false
	}
	defer func() { _ = folder.Close() }()
	root, err := openFolder(folder, id)
	if err != nil {
		return false
	}
	defer func() { _ = root.Close() }()
	guard, err := root.Open(".")
	if err != nil {
		return false
	}
	defer func() { _ = guard.Close() }() // and with it the lock
	return errors.Is(flock(guard, syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// isLocked tells whether a process has locked a lane. It makes no file.
func (f *Folder) isLocked(lane string) bool {
	folder, err := openFolder(f.root, locksFolder)
	if err != nil {
		return false
	}
	defer func() { _ = folder.Close() }()
	file, err := openFile(folder, lockName(lane), os.O_RDONLY)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }() // and with it the lock
	return errors.Is(flock(file, syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// lockName is the name of a lane's lock file: something to read, and a hash
// that no other lane has, whatever it is called and however the file system
// treats names.
func lockName(lane string) string {
	sum := sha256.Sum256([]byte(lane))
	readable := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789", r) {
			return r
		}
		return '-'
	}, lane[:min(len(lane), 64)])
	return "lane-" + readable + "-" + hex.EncodeToString(sum[:]) + ".lock"
}

// Release lets go of all locks. To do so again is nothing.
func (l *Locks) Release() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	for _, file := range l.files {
		_ = file.Truncate(0) // the note: message only
		// Not by closing alone: a child that is just being started has a copy
		// of the descriptor until it becomes the other program.
		err = errors.Join(err, flock(file, syscall.LOCK_UN), file.Close())
	}
	l.files = nil
	return err
}

// flock calls flock(2).
func flock(file *os.File, how int) error {
	for {
		err := syscall.Flock(int(file.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
