package batch

import (
	"sync"
	"time"

	"imgrename/batch/pace"
)

// longThrottled is how long a lane's quota has to be used up before that is an
// event: one that refills continuously is back sooner.
const longThrottled = 5 * time.Second

// A LaneEvent is the beginning or the end of a trouble that keeps a whole lane
// from working. A run may end before the trouble does.
type LaneEvent struct {
	Lane  int // index into the plan's lanes
	State LaneState
	// Since is when the trouble began, At when it came to this state.
	Since, At time.Time
	// Err is why: the last failure if the lane is unreachable, an
	// [*OutageError] or [pace.ErrThrottledOut] if it is given up, else nil.
	Err error
}

// A LaneState is what a lane's trouble has come to.
type LaneState uint8

const (
	// Unreachable: calls fail on their way, and so did a probe. Nothing but
	// probes is sent until one is answered.
	Unreachable LaneState = iota
	// Reachable: the API answers again.
	Reachable
	// Throttled: the quota of reads or writes, or both by turns, has been used
	// up for some time.
	Throttled
	// Unthrottled: calls are accepted again.
	Unthrottled
	// GivenUp: the trouble lasted too long, and the lane has stopped. Nothing
	// follows.
	GivenUp
)

func (s LaneState) String() string {
	return [...]string{
		Unreachable: "unreachable", Reachable: "reachable", Throttled: "throttled", Unthrottled: "unthrottled", GivenUp: "given-up",
	}[s]
}

// A watch reports one lane's troubles, in order, from the start of its work to
// the end. It is safe for concurrent use and never blocks. The nil watch
// reports nothing.
type watch struct {
	put func(LaneEvent)

	mu    sync.Mutex
	ended bool      // nothing more is put
	shut  int       // gates of the lane that are
	since time.Time // when the first of them was
	told  bool      // that they are
}

// end ends the watch: nothing is put after it.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}

// tell reports the state of a trouble that began at since.
func (w *watch) tell(state LaneState, since time.Time, err error) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tellLocked(state, since, err)
}

// tellLocked is tell for a caller who holds the lock.
func (w *watch) tellLocked(state LaneState, since time.Time, err error) {
	if !w.ended {
		w.put(LaneEvent{State: state, Since: since, At: time.Now(), Err: err})
	}
	w.ended = w.ended || state == GivenUp
}

// gate is told by one of the lane's gates what has become of it.
func (w *watch) gate(state pace.State, since time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch state {
	case pace.Shut:
		if w.shut++; w.shut == 1 {
			w.since = since
			time.AfterFunc(time.Until(since.Add(longThrottled)), func() { w.throttled(since) })
		}
	case pace.Open:
		if w.shut--; w.shut == 0 && w.told {
			w.told = false
			w.tellLocked(Unthrottled, w.since, nil)
		}
	case pace.Spent:
		w.tellLocked(GivenUp, since, pace.ErrThrottledOut)
	}
}

// throttled reports that calls have been refused since then, if they still are.
func (w *watch) throttled(since time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shut > 0 && w.since.Equal(since) {
		w.told = true
		w.tellLocked(Throttled, since, nil)
	}
}
