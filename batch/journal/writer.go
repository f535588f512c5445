package journal

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"
)

var errClosed = fmt.Errorf("journal: %w", fs.ErrClosed)

// A position is how far a log goes.
type position struct {
	end    int64 // bytes
	lines  int64
	synced int64 // so many bytes are known to be durable
	marked bool  // the last line is a mark for all before it
}

// A writer appends lines to a file. There is no goroutine of its own: the first
// who needs a sync does it for all who wait by then, and then has one of those
// who came meanwhile do the next.
type writer struct {
	mu      sync.Mutex
	idle    sync.Cond // on mu: no sync is under way
	file    File
	pos     position
	pending []byte // lines that are not written yet, up to pos.end
	round   *round // those who wait for the next sync; nil if nobody does
	syncing bool
	next    time.Time // no sync before, if it may serve several
	closed  bool
	err     error // the first; final
}

// A round is callers who wait for the same sync.
type round struct {
	members int
	over    chan struct{} // closed when it is, well or not
	lead    chan struct{} // takes the one who has to do it
}

func newWriter(f File, at position) *writer {
	w := &writer{file: f, pos: at}
	w.idle.L = &w.mu
	return w
}

// append adds a record's line, and returns where it ends. It is written with the
// next sync if the caller is going to wait for that; else at once, unless a sync
// is under way: a write might have to wait for that, so the lines are written
// together when it has ended.
func (w *writer) append(text []byte, waits bool) (end int64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed && w.err == nil {
		return 0, errClosed
	}
	w.put(appendRecord(w.pending, w.pos.lines+1, text))
	w.pos.marked = false
	if !waits && !w.syncing {
		w.write()
	}
	return w.pos.end, w.err
}

// mark adds that all up to the last sync is durable. The caller has the lock.
func (w *writer) mark() {
	marked := w.pos.synced == w.pos.end
	w.put(appendMark(w.pending, w.pos.lines+1, w.pos.synced))
	w.pos.marked = marked
}

// put takes what is pending with one more line. The caller has the lock.
func (w *writer) put(pending []byte) {
	w.pos.end += int64(len(pending) - len(w.pending))
	w.pos.lines++
	w.pending = pending
}

// write writes what is pending, unless the log has failed. The caller has the
// lock.
func (w *writer) write() {
	if w.err != nil || len(w.pending) == 0 {
		return
	}
	n, err := w.file.WriteAt(w.pending, w.pos.end-int64(len(w.pending)))
	if err == nil && n < len(w.pending) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.err = fmt.Errorf("write journal: %w", err)
	}
	w.pending = w.pending[:0]
}

// syncTo returns when the first end bytes are durable.
func (w *writer) syncTo(end int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lead(end)
}

// lead is syncTo for a caller that has the lock.
func (w *writer) lead(end int64) error {
	for w.pos.synced < end && w.err == nil {
		if w.round == nil {
			w.round = &round{over: make(chan struct{}), lead: make(chan struct{}, 1)}
		}
		w.round.members++
		if !w.syncing || w.called(w.round) {
			w.syncRound()
		}
	}
	if w.pos.synced >= end { // even if a later write has failed
		return nil
	}
	return w.err
}

// called waits until the round is over or the caller is called to do its sync.
func (w *writer) called(r *round) (lead bool) {
	w.mu.Unlock()
	defer w.mu.Lock()
	select {
	case <-r.over:
		return false
	case <-r.lead:
		return true
	}
}

// syncRound does the sync for the next round, and calls somebody for the one
// after that.
func (w *writer) syncRound() {
	w.syncing = true
	w.gather()
	r := w.round
	w.round = nil
	w.write()
	if upTo := w.pos.end; w.err == nil && w.flush(r.members > 1) == nil {
		w.pos.synced = upTo
		w.mark()
	}
	w.write()
	close(r.over)
	if w.round != nil {
		w.round.lead <- struct{}{}
		return
	}
	w.syncing = false
	w.idle.Broadcast()
}

// Where several callers share the syncs, these take at most a twentieth of the
// time, and none is put off by more than maxRest. A sync occupies a processor
// as well as the disk: one after the other, for a few records each, they leave
// the calls that the records are about half of what two processors can do.
const (
	restFactor = 19
	maxRest    = 6 * time.Millisecond
)

// gather lets others join the next sync, if the last one served several. Who
// is alone is not held up.
func (w *writer) gather() {
	if rest := time.Until(w.next); rest > 0 {
		w.mu.Unlock()
		time.Sleep(rest)
		w.mu.Lock()
	}
}

// flush syncs. Others go on writing meanwhile, and wait for the next sync.
func (w *writer) flush(several bool) error {
	begin := time.Now()
	w.mu.Unlock()
	err := w.file.Sync()
	w.mu.Lock()
	if end := time.Now(); several {
		w.next = end.Add(min(restFactor*end.Sub(begin), maxRest))
	}
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("sync journal: %w", err)
	}
	return err
}

func (w *writer) reserve(more int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	return w.file.Reserve(w.pos.end + more)
}

// close takes no more records, makes those there are durable and lets go.
func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	if !w.pos.marked {
		_ = w.lead(w.pos.end) // what fails is in w.err
	}
	w.write()
	if w.err == nil {
		_ = w.flush(false) // the last mark, so that a finished log is proof against change
	}
	for w.syncing { // after a failed write
		w.idle.Wait()
	}
	first := w.err
	if err := w.file.Close(); err != nil && first == nil {
		first = fmt.Errorf("close journal: %w", err)
	}
	w.err = cmp.Or(first, errClosed)
	return first
}
