package batch

import (
	"context"
	"sync"
	"sync/atomic"

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
// There is one worker to begin with, and there are more as they are needed: a
// worker begins another when its chain leaves the first stage, or waits there for
// something other than the pace. The first worker of each lane is certain; how
// many more all lanes together have is bounded.
//
// A chain leaves the first stage for good and never waits for a place there
// again: those who are there may wait for this very chain.
type pool struct {
	chain   func(position int)
	chains  int           // that there are
	places  int           // in the first stage
	workers int           // at most
	spare   *spare        // shared with other lanes
	calls   chan struct{} // holds one for each call that is under way
	group   errgroup.Group

	mu        sync.Mutex
	change    sync.Cond    // on mu: a chain has left the first stage
	next      int          // position of the chain that is the next to begin
	preparing map[int]bool // chains in the first stage, by position: whether they do not wait for others
	idle      int          // workers who wait for a place there
	present   int          // workers
}

// spare is how many more workers the lanes of a run may have, besides one each.
// The last of them, kept, are for lanes that have nobody on the way to their next
// call: lanes that have somebody would take them all, and the others would do
// one call after the other. left is below 0 if lanes that would stand still have
// taken more. It is safe for concurrent use.
type spare struct {
	left atomic.Int64
	kept int64
}

// spareWorkers is how many workers there are to spare for each processor: what it
// can keep busy if a call takes 0.1 s, and half as many again. keptWorkers are
// kept besides.
const (
	spareWorkers = 512
	keptWorkers  = spareWorkers / 4
)

// newSpare returns n of them, the last of which are kept.
func newSpare(n, kept int) *spare {
	s := &spare{kept: int64(kept)}
	s.left.Store(int64(n))
	return s
}

// take takes one, and reports whether there was one. onTheWay says that somebody
// is on the way to the lane's next call already.
func (s *spare) take(onTheWay bool) bool {
	least := int64(0)
	if onTheWay {
		least = s.kept
	}
	if s.left.Add(-1) >= least {
		return true
	}
	s.left.Add(1)
	return false
}

// short reports whether only those are left that are kept.
func (s *spare) short() bool { return s.left.Load() <= s.kept }

func newPool(places, chains int, spare *spare, chain func(position int)) *pool {
	places = max(places, 1)
	p := &pool{
		chain: chain, chains: chains, places: places, workers: 4 * places, spare: spare,
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
	p.begin()
	p.mu.Unlock()
	_ = p.group.Wait() // what happens to a row is data
}

// begin adds a worker. The caller holds the lock.
func (p *pool) begin() {
	p.present++
	p.group.Go(func() error {
		for position, ok := p.enter(); ok; position, ok = p.enter() {
			p.chain(position)
			p.leave(position)
		}
		return nil
	})
}

// enter waits for a place in the first stage and gives it to the next chain. It
// reports false if the worker has to go: there is none, or other lanes are short
// of workers and another one is on its way to the next call of this lane.
func (p *pool) enter() (position int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle++
	for len(p.preparing) == p.places && p.next < p.chains {
		p.change.Wait()
	}
	p.idle--
	if p.next == p.chains || p.spare.short() && p.onTheWay() {
		p.change.Broadcast() // to the other idle ones
		if p.present--; p.present > 0 {
			p.spare.left.Add(1)
		}
		return 0, false
	}
	position = p.next
	p.preparing[position] = true
	p.next++
	return position, true
}

// onTheWay reports whether a chain is in the first stage that does not wait for
// others. The caller holds the lock.
func (p *pool) onTheWay() bool {
	for _, moves := range p.preparing {
		if moves {
			return true
		}
	}
	return false
}

// leave gives up the chain's place in the first stage, if it still has one, and
// lets the next chain in.
func (p *pool) leave(position int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.preparing[position]; !ok {
		return
	}
	delete(p.preparing, position)
	if p.idle > 0 {
		p.change.Signal()
	} else if p.wanted() && p.spare.take(p.onTheWay()) {
		p.begin()
	}
}

// reads says that a chain in the first stage reads its image: the next one may
// begin meanwhile, if there is a worker to spare.
func (p *pool) reads() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted() && p.spare.take(p.onTheWay()) {
		p.begin()
	}
}

// waits says that a chain waits for other chains, or for calls to settle. That
// may take long: the next one begins meanwhile.
func (p *pool) waits(position int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.preparing[position]; ok {
		p.preparing[position] = false
	}
	switch {
	case !p.wanted():
	case p.spare.take(p.onTheWay()):
		p.begin()
	case !p.onTheWay(): // the lane would stand still
		p.spare.left.Add(-1)
		p.begin()
	}
}

// wanted reports whether another worker would have something to do at once. The
// caller holds the lock.
func (p *pool) wanted() bool {
	return p.idle == 0 && p.present < p.workers && p.next < p.chains && len(p.preparing) < p.places
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
