package batch

import (
	"sync"
	"time"
)

// freshFor is how old the last read of an image may be when a write rests on
// it. The API has no conditional write: this bounds the gap in which somebody
// else's edit could be overwritten unseen.
const freshFor = 10 * time.Second

// sights tells whether what was seen may still be relied on. The monotonic clock
// stands still while the host sleeps, so the wall clock is asked as well, and
// the larger age counts: a read too many does no harm. Waits for calls that may
// still land are the other way round. They ask the monotonic clock alone, which
// never runs ahead of the time that has really passed.
//
// It is safe for concurrent use.
type sights struct {
	wall  func() time.Time
	begun time.Time // by both clocks

	mu    sync.Mutex
	ahead time.Duration // of the wall clock since begun, against the monotonic one
	woke  time.Time     // when it was last found to have run ahead
}

// newSights begins with the first sight. wall is nil for the host's wall clock.
func newSights(first time.Time, wall func() time.Time) *sights {
	if wall == nil {
		wall = time.Now
	}
	if first.IsZero() {
		first = time.Now()
	}
	return &sights{wall: wall, begun: first}
}

// within reports whether no more than d has passed since at, by either clock.
func (s *sights) within(d time.Duration, at time.Time) bool {
	return !at.Before(s.lastWake()) && time.Since(at) <= d
}

// fresh reports whether a write may rest on a read that began at a time.
func (s *sights) fresh(at time.Time) bool { return s.within(freshFor, at) }

// slack is by how much the clocks may part before it counts: wall clocks are
// adjusted all the time.
const slack = time.Second

// lastWake returns when the host was last found to have slept, or its wall clock
// to have been set forward.
func (s *sights) lastWake() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	ahead := s.wall().Round(0).Sub(s.begun.Round(0)) - now.Sub(s.begun)
	switch {
	case ahead > s.ahead+slack:
		s.ahead, s.woke = ahead, now
	case ahead < s.ahead:
		s.ahead = ahead
	}
	return s.woke
}
