package lifecycle

import (
	"sync"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/journal"
	"imgrename/batch/runs"
)

// A sync of the journal that takes longer than slowSync may mean that this host was
// cut off from a shared folder. No call is sent while nobody has looked for checkEvery
// whether the locks are still held: a server that cannot reach a host waits longer
// than that before it gives its locks away.
const (
	slowSync   = 5 * time.Second
	checkEvery = 30 * time.Second
)

// A watch is a run's journal that makes sure, before a call may be sent, that the
// run's locks are still held. Once they are lost it writes nothing more. It is safe
// for concurrent use.
type watch struct {
	log   *journal.Log[history.Record]
	check func() error // of the locks

	mu   sync.Mutex
	held time.Time // when the locks were last known to be held
	lost error
}

// watchOver returns the watch of a journal that is written under locks.
func (l *Life) watchOver(log *journal.Log[history.Record], locks *runs.Locks) *watch {
	return &watch{log: log, check: func() error { return l.checkLocks(locks) }, held: l.alone}
}

func (l *Life) checkLocks(locks *runs.Locks) error {
	if l.check != nil {
		return l.check(locks)
	}
	return locks.Check()
}

// stillHeld returns an error if locks have been lost, unless it was a moment ago that
// they were locked.
func (l *Life) stillHeld(locks *runs.Locks) error {
	if age(l.alone) <= checkEvery {
		return nil
	}
	return l.checkLocks(locks)
}

// Commit returns when a record is on disk, and the locks are known to be held.
func (w *watch) Commit(r history.Record) error {
	if err := w.gone(); err != nil {
		return err
	}
	begun := time.Now()
	if err := w.log.Commit(r); err != nil {
		return err
	}
	if age(begun) > slowSync {
		return w.sure(time.Now())
	}
	return w.sure(time.Time{})
}

// Append adds a record that nothing depends on.
func (w *watch) Append(r history.Record) error {
	if err := w.gone(); err != nil {
		return err
	}
	return w.log.Append(r)
}

// gone returns the error of locks that are known to be lost.
func (w *watch) gone() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost
}

// sure makes sure that the locks are held: that they were at some time after since,
// and no longer ago than checkEvery.
func (w *watch) sure(since time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lost != nil || !w.held.Before(since) && age(w.held) <= checkEvery {
		return w.lost
	}
	begun := time.Now()
	if w.lost = w.check(); w.lost == nil {
		w.held = begun
	}
	return w.lost
}

// age returns how long ago a time was: by the clock that stands still while the host
// sleeps, or by that of the wall, whichever says more.
func age(at time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(at), now.Round(0).Sub(at.Round(0)))
}
