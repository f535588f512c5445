package batch

import (
	"sync"
	"time"

	"imgrename/batch/ecs"
)

// events are what has happened but was not observed yet, in order. They are
// never full: adding one does not wait for the observer. They are safe for
// concurrent use.
type events struct {
	mu     sync.Mutex
	news   sync.Cond // on mu
	list   []Event
	aside  aside
	closed bool
}

// An aside is what some events of a list refer to. Such events are few among
// millions, or not wanted: so an Event stays small.
type aside struct {
	lanes   []LaneEvent
	details []Detail
}

// The kinds of events that stand for a LaneEvent or a Detail: their Row is an
// index into those of the aside.
const (
	ofLane   EventKind = 1<<8 - 1
	ofDetail EventKind = 1<<8 - 2
)

func newEvents() *events {
	e := new(events)
	e.news.L = &e.mu
	return e
}

func (e *events) put(row int, kind EventKind) {
	e.mu.Lock()
	e.list = append(e.list, Event{row, kind})
	e.mu.Unlock()
	e.news.Signal()
}

func (e *events) putLane(lane LaneEvent) {
	e.mu.Lock()
	e.list = append(e.list, Event{len(e.aside.lanes), ofLane})
	e.aside.lanes = append(e.aside.lanes, lane)
	e.mu.Unlock()
	e.news.Signal()
}

func (e *events) putDetail(d Detail) {
	e.mu.Lock()
	e.list = append(e.list, Event{len(e.aside.details), ofDetail})
	e.aside.details = append(e.aside.details, d)
	e.mu.Unlock()
	e.news.Signal()
}

// close says that nothing more will happen.
func (e *events) close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.news.Signal()
}

// take waits for events and returns them all, with what they refer to; none if
// there will be no more. It uses the memory of seen, the events taken before,
// again.
func (e *events) take(seen []Event) ([]Event, aside) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.list) == 0 && !e.closed {
		e.news.Wait()
	}
	taken, beside := e.list, e.aside
	e.list, e.aside = seen[:0], aside{}
	return taken, beside
}

// An Event is something that happened to a row.
type Event struct {
	Row  int // index into the plan's rows
	Kind EventKind
}

// An EventKind is what happened.
type EventKind uint8

const (
	// Acknowledged: the API accepted the row's last edit. A read has yet to
	// confirm it.
	Acknowledged EventKind = iota
	// Decided: the row has its final result.
	Decided
)

// A Detail is a call for a row that has its answer or, if Wait is not 0, a wait
// that begins before the next call or before the row's outcome is known.
type Detail struct {
	Row int // index into the plan's rows
	At  time.Time

	// Attempts is how many calls the row has taken so far; throttled ones do not
	// count.
	Attempts  int
	Class     ecs.Class
	RequestID string
	Err       error // nil if the call was acknowledged

	Wait time.Duration
	Why  string
}
