package batch

import (
	"sync"
	"time"

	"imgrename/batch/pace"
)

// longThrottled is how long the quota of a lane has to be used up until that is
// told: one that refills continuously is there again sooner.
const longThrottled = 5 * time.Second

// A LaneEvent is the beginning or the end of a trouble that keeps a whole lane
// from its work. A run may end with the trouble still there.
type LaneEvent struct {
	Lane  int // index into the plan's lanes
	State LaneState
	// Since is when the trouble began, At when this came of it.
	Since, At time.Time
	// Err is why: the last failure of an unreachable lane, an [*OutageError] or
	// [pace.ErrThrottledOut] of one that is given up. Else it is nil.
	Err error
}

// A LaneState is what a lane's trouble has come to.
type LaneState uint8

const (
	// Unreachable: calls fail on their way, and so did a probe. Nothing else is
	// sent until one is answered.
	Unreachable LaneState = iota
	// Reachable: the API answers again.
	Reachable
	// Throttled: for some time the quota of reads or writes, or both by turns,
	// has been used up.
	Throttled
	// Unthrottled: calls are accepted again.
	Unthrottled
	// GivenUp: the trouble lasted too long, and the lane has stopped. Nothing
	// follows.
	GivenUp
)

func (s LaneState) String() string {
	switch s {
	case Unreachable:
		return "unreachable"
	case Reachable:
		return "reachable"
	case Throttled:
		return "throttled"
	case Unthrottled:
		return "unthrottled"
	case GivenUp:
	}
	return "given-up"
}

// A watch tells of one lane's troubles, in order, from the start of its work to
// the end. It is safe for concurrent use, and waits for nobody. The nil watch
// tells nothing.
type watch struct {
	put func(LaneEvent)

	mu    sync.Mutex
	over  bool      // nothing more is to be told
	shut  int       // gates of the lane that are
	since time.Time // when the first of them was
	told  bool      // that they are
}

// end ends the watch: nothing is put after it.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
}

// tell tells what a trouble has come to that began at since.
func (w *watch) tell(state LaneState, since time.Time, err error) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.say(state, since, err)
}

// say is tell for who holds the lock.
func (w *watch) say(state LaneState, since time.Time, err error) {
	if !w.over {
		w.put(LaneEvent{State: state, Since: since, At: time.Now(), Err: err})
	}
	w.over = w.over || state == GivenUp
}

// gate learns from one of the lane's gates what has become of it.
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
			w.say(Unthrottled, w.since, nil)
		}
	case pace.Spent:
		w.say(GivenUp, since, pace.ErrThrottledOut)
	}
}

// throttled tells that calls have been refused since then, if they still are.
func (w *watch) throttled(since time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shut > 0 && w.since.Equal(since) {
		w.told = true
		w.say(Throttled, since, nil)
	}
}
