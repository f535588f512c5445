package ecssim

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// A Meter counts the calls against one quota outside a [Server]. Only tests use
// it: those of package pace measure the gate against the very quotas that a lane
// plays here, millions of calls in virtual time, which is why it does not live
// with them. It is not safe for concurrent use.
type Meter struct{ meter *meter }

// NewMeter returns a meter of a quota. The neighbour begins at start, and the
// changes count from there.
func NewMeter(q Quota, start time.Time) Meter { return Meter{newMeter(q, start)} }

// Call decides about a call at a time on the server's clock, which must not run
// backwards; wait is how long a refused one has to wait.
func (m Meter) Call(now time.Time) (ok bool, wait time.Duration) { return m.meter.call(now) }

// A meter counts the calls against one quota. Time is a parameter and must not
// run backwards. A meter does not lock: the lane it belongs to does.
type meter struct {
	quota   Quota
	start   time.Time
	law     law
	changes []Change  // still to come
	next    time.Time // the neighbour's next call
}

// A law decides about one call at a time.
type law interface {
	take(now time.Time) bool            // counts the call if it is let through
	wait(now time.Time) time.Duration   // how long until the next call is let through
	limit(now time.Time, calls float64) // a new limit from now on
}

func newMeter(q Quota, start time.Time) *meter {
	m := &meter{quota: q, start: start, changes: q.Changes}
	switch q.Shape {
	case ClockWindow:
		m.law = &clockWindow{calls: int(q.Limit), window: q.Window}
	case SlidingWindow:
		m.law = &slidingWindow{calls: int(q.Limit), window: q.Window}
	case Bucket:
		m.law = &bucket{rate.NewLimiter(rate.Limit(q.Limit), q.Depth)}
	case Unlimited:
	}
	if q.Neighbour.Rate > 0 {
		m.next = start.Add(m.pause())
	}
	return m
}

// call decides about a call; if it refuses, wait says how long to wait.
func (m *meter) call(now time.Time) (ok bool, wait time.Duration) {
	if m.law == nil {
		return true, 0
	}
	m.advance(now)
	if m.law.take(now) {
		return true, 0
	}
	return false, m.law.wait(now)
}

// advance plays what happened since the last call, in order: the neighbour's
// calls and the changes of the limit.
func (m *meter) advance(now time.Time) {
	for {
		at, change := now.Add(1), false
		if len(m.changes) > 0 {
			at, change = m.start.Add(m.changes[0].At), true
		}
		if !m.next.IsZero() && m.next.Before(at) {
			at, change = m.next, false
		}
		switch {
		case at.After(now):
			return
		case change:
			m.quota.Limit = m.changes[0].Limit
			m.law.limit(at, m.quota.Limit)
			m.changes = m.changes[1:]
		default:
			m.law.take(at)
			m.next = m.rest(at.Add(m.pause()))
		}
	}
}

func (m *meter) pause() time.Duration {
	return time.Duration(float64(time.Second) / m.quota.Neighbour.Rate)
}

// rest moves a call of the neighbour out of its break.
func (m *meter) rest(at time.Time) time.Time {
	n := m.quota.Neighbour
	if n.Off == 0 {
		return at
	}
	cycle := n.On + n.Off
	if into := at.Sub(m.start) % cycle; into >= n.On {
		return at.Add(cycle - into)
	}
	return at
}

type clockWindow struct {
	calls  int
	window time.Duration
	index  int64
	used   int
}

func (c *clockWindow) take(now time.Time) bool {
	if index := now.UnixNano() / int64(c.window); index != c.index {
		c.index, c.used = index, 0
	}
	if c.used >= c.calls {
		return false
	}
	c.used++
	return true
}

func (c *clockWindow) wait(now time.Time) time.Duration {
	return c.window - time.Duration(now.UnixNano()%int64(c.window))
}

func (c *clockWindow) limit(_ time.Time, calls float64) { c.calls = int(calls) }

type slidingWindow struct {
	calls  int
	window time.Duration
	taken  []time.Time // oldest first, none older than the window
}

func (s *slidingWindow) take(now time.Time) bool {
	old := 0
	for old < len(s.taken) && now.Sub(s.taken[old]) >= s.window {
		old++
	}
	s.taken = s.taken[old:]
	if len(s.taken) >= s.calls {
		return false
	}
	s.taken = append(s.taken, now)
	return true
}

func (s *slidingWindow) wait(now time.Time) time.Duration {
	if s.calls == 0 || len(s.taken) == 0 {
		return s.window
	}
	// Enough calls must grow old to leave room for one more.
	return s.window - now.Sub(s.taken[len(s.taken)-s.calls])
}

func (s *slidingWindow) limit(_ time.Time, calls float64) { s.calls = int(calls) }

type bucket struct{ *rate.Limiter }

func (b *bucket) take(now time.Time) bool { return b.AllowN(now, 1) }

func (b *bucket) wait(now time.Time) time.Duration {
	short := 1 - b.TokensAt(now)
	return time.Duration(math.Ceil(short / float64(b.Limit()) * float64(time.Second)))
}

func (b *bucket) limit(now time.Time, calls float64) { b.SetLimitAt(now, rate.Limit(calls)) }
