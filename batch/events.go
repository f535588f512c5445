package batch

import "sync"

// events are what has happened but was not observed yet, in order. They are
// never full: adding one does not wait for the observer. They are safe for
// concurrent use.
type events struct {
	mu     sync.Mutex
	news   sync.Cond // on mu
	list   []Event
	lanes  []LaneEvent // those that the list refers to
	closed bool
}

// ofLane is the kind of an Event that stands for a LaneEvent: its Row is an
// index into those. They are few among millions, and so an Event stays small.
const ofLane EventKind = 1<<8 - 1

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
	e.list = append(e.list, Event{len(e.lanes), ofLane})
	e.lanes = append(e.lanes, lane)
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

// take waits for events and returns them all, with the LaneEvents that they
// refer to; none if there will be no more. It uses the memory of seen, the
// events taken before, again.
func (e *events) take(seen []Event) ([]Event, []LaneEvent) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.list) == 0 && !e.closed {
		e.news.Wait()
	}
	taken, lanes := e.list, e.lanes
	e.list, e.lanes = seen[:0], nil
	return taken, lanes
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
