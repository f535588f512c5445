package pace_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/pace"
)

// watched is what a watcher was told: the states, and when each was told and
// since when the gate was shut, in seconds after the start.
type watched struct {
	start time.Time
	told  []string
}

func (w *watched) tell(state pace.State, since time.Time) {
	name := map[pace.State]string{pace.Open: "open", pace.Shut: "shut", pace.Spent: "spent"}[state]
	w.told = append(w.told, fmt.Sprintf("%s at %.0f since %.0f", name, time.Since(w.start).Seconds(), since.Sub(w.start).Seconds()))
}

func (w *watched) want(t *testing.T, told ...string) {
	t.Helper()
	if !slices.Equal(w.told, told) {
		t.Errorf("told %q, want %q", w.told, told)
	}
	w.told = nil
}

// refuse has the next call refused.
func refuse(t *testing.T, g *pace.Gate, hint time.Duration) {
	t.Helper()
	ticket, _ := enter(t, g)
	g.Leave(ticket, pace.Reply{Answer: pace.Refused, Hint: hint})
}

// A watcher is told when the gate is shut, however many calls are refused then,
// and when a probe opens it.
func TestWatchTellsChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.NewGate(1000)
		g.SetChance(func() float64 { return 0 })
		w := &watched{start: time.Now()}
		g.Watch(w.tell)
		ticket, _ := enter(t, g)
		g.Leave(ticket, pace.Reply{Answer: pace.Accepted})
		w.want(t)
		time.Sleep(5 * time.Second)
		old, _ := enter(t, g)
		refuse(t, g, 2*time.Second)
		g.Leave(old, pace.Reply{Answer: pace.Refused})
		refuse(t, g, 3*time.Second)
		w.want(t, "shut at 5 since 5")
		ticket, _ = enter(t, g)
		g.Leave(ticket, pace.Reply{Answer: pace.Accepted})
		w.want(t, "open at 10 since 5")
		refuse(t, g, time.Second)
		w.want(t, "shut at 10 since 10")
	})
}

// A watcher that comes late learns the state, and since when; one that has left
// learns nothing.
func TestWatchBeginsAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.NewGate(1000)
		g.SetChance(func() float64 { return 0 })
		w := &watched{start: time.Now()}
		g.Watch(w.tell)
		w.want(t)
		g.Watch(nil)
		refuse(t, g, 20*time.Second)
		time.Sleep(7 * time.Second)
		w.want(t)
		g.Watch(w.tell)
		w.want(t, "shut at 7 since 0")
		g.Watch(nil)
		ticket, _ := enter(t, g)
		g.Leave(ticket, pace.Reply{Answer: pace.Accepted})
		w.want(t)
	})
}

// A gate that has lost its patience is spent, once.
func TestWatchTellsOfTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.NewGate(1000)
		w := &watched{start: time.Now()}
		g.Watch(w.tell)
		for {
			ticket, err := g.Enter(t.Context())
			if err == pace.ErrThrottledOut {
				break
			}
			g.Leave(ticket, pace.Reply{Answer: pace.Refused})
		}
		w.want(t, "shut at 0 since 0", "spent at 900 since 0")
		g.Watch(w.tell)
		w.want(t, "spent at 900 since 0")
	})
}
