package batch

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

// A pool is the workers of a lane, who go from one chain to the next. On its
// way to a call a chain passes three stages: it prepares the call, that is,
// reads the image and waits for the pace; it has the call recorded; and the
// call is under way. The first and the last stage have as many places as the
// job has workers, the second may hold twice as many chains. So no call waits
// for the disk while others are ready, and a chain that waits for the disk
// takes no place from one that could wait for the pace.
//
// A chain leaves the first stage for good and never waits for a place there
// again: those who are there may wait for this very chain.
type pool struct {
	chain   func(position int)
	chains  int           // that there are
	places  int           // in the first stage
	workers int           // at most
	calls   chan struct{} // holds one for each call that is under way
	group   errgroup.Group

	mu        sync.Mutex
	change    sync.Cond    // on mu: a chain has left the first stage
	next      int          // position of the chain that is the next to begin
	preparing map[int]bool // chains in the first stage, by position
	idle      int          // workers who wait for a place there
	began     int          // workers
}

func newPool(places, chains int, chain func(position int)) *pool {
	places = max(places, 1)
	p := &pool{
		chain: chain, chains: chains, places: places, workers: 4 * places,
		calls: make(chan struct{}, places), preparing: make(map[int]bool),
	}
	if places == 1 {
		p.workers = 1 // asked for one, do one chain after the other
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

// begin adds a worker. The caller holds the lock.
func (p *pool) begin() {
	p.began++
	p.group.Go(func() error {
		for position, ok := p.enter(); ok; position, ok = p.enter() {
			p.chain(position)
			p.leave(position)
		}
		return nil
	})
}

// enter waits for a place in the first stage and gives it to the next chain. It
// reports false if there is none.
func (p *pool) enter() (position int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle++
	for len(p.preparing) == p.places && p.next < p.chains {
		p.change.Wait()
	}
	p.idle--
	if p.next == p.chains {
		p.change.Broadcast() // to the other idle ones
		return 0, false
	}
	position = p.next
	p.preparing[position] = true
	p.next++
	return position, true
}

// leave gives up the chain's place in the first stage, if it still has one, and
// lets the next chain in. It adds a worker only if none is idle: where many
// lanes wait for their pace, most never have more than their places.
func (p *pool) leave(position int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.preparing[position] {
		return
	}
	delete(p.preparing, position)
	switch {
	case p.idle > 0:
		p.change.Signal()
	case p.began < p.workers && p.next < p.chains:
		p.begin()
	}
}

// enterCall waits for a place in the last stage, or returns ctx's cause.
func (p *pool) enterCall(ctx context.Context) error {
	select {
	case p.calls <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leaveCall gives up the place of a call that has returned or is not sent.
func (p *pool) leaveCall() { <-p.calls }
