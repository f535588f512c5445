package batch

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/pace"
)

// A hearing is a watched lane with two gates and the events of it: when each came,
// and since when its trouble lasted, in seconds after the start.
type hearing struct {
	*testing.T
	Lane
	*watch
	start time.Time
	told  []string
}

func hear(t *testing.T) *hearing {
	h := &hearing{T: t, Lane: Lane{Reads: pace.NewGate(1000), Writes: pace.NewGate(1000)}, start: time.Now()}
	h.watch = h.Lane.watch(func(e LaneEvent) {
		h.told = append(h.told, fmt.Sprintf("%s at %.0f since %.0f", e.State, e.At.Sub(h.start).Seconds(), e.Since.Sub(h.start).Seconds()))
	})
	return h
}

// at waits until so many seconds after the start.
func (h *hearing) at(seconds int) {
	time.Sleep(time.Until(h.start.Add(time.Duration(seconds) * time.Second)))
	synctest.Wait()
}

// call makes a call at a gate that gets this answer. The pause that the answer
// hints at is over before the next call.
func (h *hearing) call(gate *pace.Gate, answer pace.Answer) {
	ticket, err := gate.Enter(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	gate.Leave(ticket, pace.Reply{Answer: answer, Hint: 500 * time.Millisecond})
}

func (h *hearing) want(told ...string) {
	h.Helper()
	if !slices.Equal(h.told, told) {
		h.Errorf("told %q, want %q", h.told, told)
	}
}

// Two gates that are shut by turns are one trouble, from the first refusal until
// both are open.
func TestWatchTakesGatesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hear(t)
		h.call(h.Reads, pace.Refused)
		h.at(3)
		h.call(h.Writes, pace.Refused)
		h.at(4)
		h.call(h.Reads, pace.Accepted)
		h.at(7)
		h.want("throttled at 5 since 0")
		h.call(h.Reads, pace.Refused)
		h.at(9)
		h.call(h.Writes, pace.Accepted)
		h.at(11)
		h.call(h.Reads, pace.Accepted)
		h.at(20)
		h.want("throttled at 5 since 0", "unthrottled at 11 since 0")
	})
}

// refused keeps the gate of writes shut from one second to another.
func (h *hearing) refused(from, to int) {
	h.at(from)
	h.call(h.Writes, pace.Refused)
	h.at(to)
	h.call(h.Writes, pace.Accepted)
}

// Short refusals are not reported, neither one after the other nor after a long
// trouble.
func TestWatchTellsNoMoments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hear(t)
		h.refused(0, 3)
		h.refused(4, 7)
		h.at(20)
		h.want()
		h.refused(40, 50)
		h.refused(80, 83)
		h.at(100)
		h.want("throttled at 45 since 40", "unthrottled at 50 since 40")
	})
}

// A lane is given up once, for whatever comes first, and no event follows.
func TestWatchGivesUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hear(t)
		h.call(h.Reads, pace.Refused)
		h.at(1)
		h.call(h.Writes, pace.Refused)
		for _, gate := range []*pace.Gate{h.Reads, h.Writes} {
			h.at(901)
			h.call(gate, pace.Refused)
		}
		h.tell(Reachable, h.start, nil)
		h.want("throttled at 5 since 0", "given-up at 901 since 0")
	})
}

// Once the work is done there are no more events, and the gates report none.
func TestWatchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hear(t)
		h.call(h.Writes, pace.Refused)
		h.at(2)
		h.unwatch(h.watch)
		h.at(10)
		h.call(h.Writes, pace.Accepted)
		h.call(h.Reads, pace.Refused)
		h.tell(Unreachable, h.start, errCut)
		h.at(20)
		h.want()
		if h.shut != 1 {
			t.Error("a gate still tells of itself")
		}
	})
}
