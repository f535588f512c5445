package batch

import (
	"sync"

	"golang.org/x/sync/errgroup"
)

// A pool is the workers of a lane, who go from one chain to the next. On its way
// to a call a chain passes three stages: it prepares the call, which is to see
// the image and to wait for the pace; it has the call written down; and the call
// is under way. In the first and the last there are as many places as the job
// has workers, and in the second there may be twice as many. So no call waits
// for the disk as long as others are ready, and who waits for the disk keeps
// nobody from waiting for the pace.
//
// A chain gives up its place in the first stage for good, and never waits for
// one again: those who are there may wait for this very chain.
type pool struct {
	chain   func(position int)
	chains  int // that there are
	places  int // in the first stage
	workers int // at most
	calls   chan struct{}
	group   errgroup.Group

	mu        sync.Mutex
	change    sync.Cond // on mu: somebody has left the first stage
	next      int       // position of the chain that is the next to begin
	preparing int       // chains in the first stage
	idle      int       // workers who wait for a place there
	began     int       // workers
}

func newPool(places, chains int, chain func(position int)) *pool {
	places = max(places, 1)
	p := &pool{chain: chain, chains: chains, places: places, workers: 4 * places, calls: make(chan struct{}, places)}
	if places == 1 {
		p.workers = 1 // whoever asks for one wants one chain after the other
	}
	p.change.L = &p.mu
	return p
}

// run returns when all chains have ended.
func (p *pool) run() {
	p.mu.Lock()
	for range min(p.places, p.chains) {
		p.begin()
	}
	p.mu.Unlock()
	_ = p.group.Wait() // what happens to a row is data
}

// begin adds a worker. The caller has the lock.
func (p *pool) begin() {
	p.began++
	p.group.Go(func() error {
		for position, ok := p.take(); ok; position, ok = p.take() {
			p.chain(position)
		}
		return nil
	})
}

// take waits for a place in the first stage, and gives it to the next chain. It
// reports false if there is none.
func (p *pool) take() (position int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle++
	for p.preparing == p.places && p.next < p.chains {
		p.change.Wait()
	}
	p.idle--
	if p.next == p.chains {
		p.change.Broadcast() // to the other idle ones
		return 0, false
	}
	p.preparing++
	p.next++
	return p.next - 1, true
}

// prepared lets the next chain into the first stage. There are no more workers
// than that takes: where many lanes wait for their pace, most never have more
// than their places.
func (p *pool) prepared() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.preparing--
	switch {
	case p.idle > 0:
		p.change.Signal()
	case p.began < p.workers && p.next < p.chains:
		p.begin()
	}
}
