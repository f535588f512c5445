package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"
)

var (
	errClosed    = fmt.Errorf("journal: %w", fs.ErrClosed)
	errAbandoned = errors.New("journal: abandoned")
)

// A position is how far a log extends.
type position struct {
	end    int64 // bytes
	lines  int64
	synced int64 // bytes that are known to be durable
	marked bool  // the last line is a mark for all before it
}

// A writer appends lines to a file. It has no goroutine: the first caller that
// needs a sync does it for all callers that wait by then, and wakes one of
// those that came meanwhile to do the next.
type writer struct {
	mu      sync.Mutex
	idle    sync.Cond // on mu: no sync is under way
	file    File
	pos     position
	pending []byte // lines that are not written yet; they end at pos.end
	round   *round // the callers that wait for the next sync; nil if none does
	syncing bool
	next    time.Time // the next sync begins no earlier, see gather
	closed  bool
	err     error // the first; final
}

// A round is the callers that wait for the same sync.
type round struct {
	members int
	over    chan struct{} // closed when the sync has ended or failed
	lead    chan struct{} // wakes the one caller that has to do the sync
}

func newWriter(f File) *writer {
	w := &writer{file: f}
	w.idle.L = &w.mu
	return w
}

// start writes the first line of the file, and makes it durable.
func (w *writer) start(first []byte) error {
	w.put(first)
	if w.write(); w.err != nil {
		return w.err
	}
	if err := w.file.Sync(); err != nil {
		return err
	}
	w.pos.synced, w.pos.marked = w.pos.end, true
	return nil
}

// append adds a record's line, and returns where it ends. The line is written
// with the next sync if the caller is going to wait for that, else at once.
// While a sync is under way nothing is written, as a write might block until it
// ends: all lines that have come by then are written together.
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

// mark adds a mark for all that is known to be durable. The caller holds mu.
func (w *writer) mark() {
	marked := w.pos.synced == w.pos.end
	w.put(appendMark(w.pending, w.pos.lines+1, w.pos.synced))
	w.pos.marked = marked
}

// put sets w.pending to pending, which has one more line. The caller holds mu.
func (w *writer) put(pending []byte) {
	w.pos.end += int64(len(pending) - len(w.pending))
	w.pos.lines++
	w.pending = pending
}

// write writes what is pending, unless the log has failed. The caller holds mu.
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

// syncTo returns when the first end bytes are durable or the log has failed.
func (w *writer) syncTo(end int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lead(end)
}

// lead is syncTo for a caller that holds mu.
func (w *writer) lead(end int64) error {
	for w.pos.synced < end && w.err == nil {
		if w.round == nil {
			w.round = &round{over: make(chan struct{}), lead: make(chan struct{}, 1)}
		}
		w.round.members++
		if !w.syncing || w.wait(w.round) {
			w.syncRound()
		}
	}
	if w.pos.synced >= end { // even if a later write has failed
		return nil
	}
	return w.err
}

// wait waits for the end of a round. It reports whether the caller has been
// woken before that to do the sync.
func (w *writer) wait(r *round) (lead bool) {
	w.mu.Unlock()
	defer w.mu.Lock()
	select {
	case <-r.over:
		return false
	case <-r.lead:
		return true
	}
}

// syncRound does the sync for the next round, and wakes a caller to do the one
// after that. The caller holds mu.
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

// Where callers share syncs, syncing takes at most a twentieth of the time, but
// no sync is delayed by more than maxRest. A sync occupies a processor as well
// as the disk: done back to back, for a few records each, syncs took half of
// two processors from the work that is recorded.
const (
	restFactor = 19
	maxRest    = 6 * time.Millisecond
)

// gather gives others time to join the next sync if several callers shared the
// last one. A lone caller does not wait.
func (w *writer) gather() {
	if rest := time.Until(w.next); rest > 0 {
		w.mu.Unlock()
		time.Sleep(rest)
		w.mu.Lock()
	}
}

// flush syncs. Others may append meanwhile, and wait for the next sync.
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

// close refuses more records, makes those before durable and closes the file.
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
		if err := w.file.Truncate(w.pos.end); err != nil { // gives back the room that was reserved
			w.err = fmt.Errorf("close journal: %w", err)
		}
	}
	if w.err == nil {
		_ = w.flush(false) // the last mark, so that any change to a closed log is found
	}
	return w.end()
}

// abandon closes the file and writes nothing more.
func (w *writer) abandon() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	w.err = cmp.Or(w.err, errAbandoned)
	if err := w.end(); err != errAbandoned {
		return err
	}
	return nil
}

// end closes the file once no sync is under way, and returns the first error. The
// caller holds mu.
func (w *writer) end() error {
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
