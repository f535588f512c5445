package batch

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// playPool runs chains of 1 s, half of which they are in the first stage, and
// returns how long that took and how many there were at once.
func playPool(t *testing.T, places, chains, spares int) (took time.Duration, most int64) {
	t.Helper()
	var mu sync.Mutex
	var now int64
	count := func(n int64) {
		mu.Lock()
		defer mu.Unlock()
		now += n
		most = max(most, now)
	}
	spare, start := newSpare(spares, 0), time.Now()
	var p *pool
	p = newPool(places, chains, spare, func(position int) {
		count(1)
		defer count(-1)
		time.Sleep(time.Second / 2)
		p.leave(position)
		time.Sleep(time.Second / 2)
	})
	p.run()
	if left := spare.left.Load(); left != int64(spares) {
		t.Errorf("%d workers to spare after the run, %d before", left, spares)
	}
	return time.Since(start), most
}

// Lanes get more than one worker each as far as there are any to spare.
func TestWorkersToSpare(t *testing.T) {
	for _, test := range []struct {
		name           string
		places, spares int
		took           time.Duration // at most
		most           int64         // at once
	}{
		{"none", 4, 0, 10 * time.Second, 1},
		{"one", 4, 1, 5500 * time.Millisecond, 2},
		{"as many as are of use", 4, 100, 4 * time.Second, 16},
		{"one is asked for", 1, 100, 10 * time.Second, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if took, most := playPool(t, test.places, 10, test.spares); took > test.took || most > test.most {
					t.Errorf("took %s with %d at once, want at most %s with %d", took, most, test.took, test.most)
				}
			})
		})
	}
}

// A chain that waits keeps nobody from the next ones, even if there is no worker
// to spare.
func TestChainsThatWaitAreInNobodysWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spare, last := newSpare(0, 0), make(chan struct{})
		var p *pool
		p = newPool(4, 3, spare, func(position int) {
			if position == 2 {
				close(last)
				return
			}
			p.waits(position)
			<-last
		})
		p.run()
		if left := spare.left.Load(); left != 0 {
			t.Errorf("%d workers to spare after the run", left)
		}
	})
}

// The last workers to spare go to lanes that have nobody on the way.
func TestKeptWorkers(t *testing.T) {
	s := newSpare(3, 2)
	for i, want := range []struct{ onTheWay, took bool }{
		{true, true}, {true, false}, {false, true}, {true, false}, {false, true}, {false, false},
	} {
		if took := s.take(want.onTheWay); took != want.took {
			t.Errorf("%d. took one: %t, want %t", i, took, want.took)
		}
		if !s.short() {
			t.Errorf("%d. not short of workers", i)
		}
	}
	if left := s.left.Load(); left != 0 {
		t.Errorf("%d are left", left)
	}
}
