package pace

import (
	"math"
	"time"
)

const (
	// firstPause is how long the gate stays shut before its first probe. Pauses
	// double up to maxPause.
	firstPause = 500 * time.Millisecond
	maxPause   = 15 * time.Second

	// quickProbes is how many probes go, at 0.5, 1.5 and 3.5 s, before one
	// waits for the minute. If a probe that was sent within 5 s opens the gate,
	// the quota refills continuously; 5 s, since replies take time too.
	quickProbes = 3
	quickly     = 5 * time.Second

	// afterMinute allows for servers of one endpoint that disagree on the time.
	afterMinute = 500 * time.Millisecond

	// The rate comes back along a curve that begins at reopenAt of the base.
	// Its plateau grows from minPlateau to maxPlateau while the base is found
	// to be the same, within sameBase.
	reopenAt   = 0.8
	minPlateau = 4 * time.Second
	maxPlateau = 16 * time.Second
	sameBase   = 0.1

	// leastRate is what any quota that opens the gate quickly gives at least,
	// in calls a second.
	leastRate = 0.2
)

// A law is what the gate knows about its quota, and how it decides. Time and
// random numbers are parameters; it does not lock.
type law struct {
	ceiling float64 // calls a second
	clock   clock

	epoch   int       // counts openings; refusals of calls from before are one event
	opened  time.Time // when the gate last opened, or the first call
	windows bool      // a new minute seems to have opened it last

	// While it is shut.
	shut    bool
	since   time.Time
	until   time.Time // no probe before
	probing bool      // a probe is under way
	probes  int       // refused or skipped since it was shut
	spent   bool      // the patience is over

	// What the quota gives: the calls since it was last found empty.
	emptied  time.Time // zero if it never was, or a new minute has begun since
	accepted int
	admitted int
	unqueued int // admitted calls whose caller did not have to queue

	// The curve by which the rate comes back.
	base      float64 // calls a second; 0: the ceiling holds
	recovered time.Time
	plateau   time.Duration // until the base is reached
}

// enter decides on the next call: it may go, as a probe if the gate is shut, or
// must wait for a time that a reply may cut short.
func (l *law) enter(now time.Time) (t Ticket, wait time.Duration, err error) {
	switch {
	case !l.shut:
	case l.spent:
		return Ticket{}, 0, ErrThrottledOut
	case l.probing:
		return Ticket{}, Patience, nil
	case now.Before(l.until):
		return Ticket{}, l.until.Sub(now), nil
	}
	return Ticket{epoch: l.epoch, probe: l.shut, at: now}, 0, nil
}

// admit counts a call that goes; queued says whether its caller had to queue.
func (l *law) admit(t Ticket, queued bool) {
	if t.probe {
		l.probing = true
	}
	if l.opened.IsZero() {
		l.opened = t.at
	}
	l.admitted++
	if !queued {
		l.unqueued++
	}
}

// holds reports whether an admitted call may still be sent. If the gate has
// been shut since, only a probe may; any other call has to enter again.
func (l *law) holds(t Ticket) bool {
	return t.probe || !l.shut && t.epoch == l.epoch
}

// rate is how many calls a second may go. Probes need no rate of their own:
// their pauses keep them few.
func (l *law) rate(now time.Time) float64 {
	if l.shut {
		return l.ceiling
	}
	return l.curve(now)
}

// curve is the rate of an open gate. It follows CUBIC (RFC 9438): from 0.8 of
// the base up to the base, flat there, then ever faster up to the ceiling.
func (l *law) curve(now time.Time) float64 {
	if l.base == 0 {
		return l.ceiling
	}
	x := float64(now.Sub(l.recovered)-l.plateau) / float64(l.plateau)
	return min(l.ceiling, l.base*(1+(1-reopenAt)*x*x*x))
}

func (l *law) state() State {
	switch {
	case !l.shut:
		return Open
	case l.spent:
		return Spent
	}
	return Shut
}

// leave learns from a reply; u is a random number in [0, 1). It reports whether
// waiting callers have to try again.
func (l *law) leave(now time.Time, u float64, t Ticket, r Reply) (changed bool) {
	if !r.Clock.IsZero() {
		l.clock.learn(r.Clock, t.at, now)
	}
	switch {
	case t.probe:
		l.probing = false
		l.probed(now, u, t, r)
		return true
	case r.Answer == Accepted:
		l.accepted++
		return false
	case r.Answer != Refused, t.epoch < l.epoch:
		return false // nothing new: no refusal, or one from before the gate last opened
	case l.shut: // part of the event that shut it
		l.postpone(later(l.until, now.Add(r.Hint)))
		return false
	}
	l.close(now)
	l.pause(now, u, r.Hint)
	return true
}

func (l *law) close(now time.Time) {
	l.shut, l.since, l.probes = true, now, 0
	if l.windows {
		// One early probe is enough, and needed in case this is no window.
		l.probes = quickProbes - 1
	}
}

// probed learns from a probe's reply.
func (l *law) probed(now time.Time, u float64, t Ticket, r Reply) {
	switch r.Answer {
	case Accepted:
		l.open(now, t.at)
		return
	case Refused:
		l.probes++
		l.pause(now, u, r.Hint)
		l.spent = now.Sub(l.since) >= Patience
	case Unanswered: // it says nothing: the same pause again, but not one to the next minute
		n := l.probes
		if n == quickProbes && l.clock.known {
			l.probes++
		}
		l.pause(now, u, r.Hint)
		l.probes = n
		l.spent = now.Sub(l.since) >= 2*Patience // it has to end some time, though this may be the network
	case Unused: // the next probe may go at once
	}
}

// open opens the gate. If the server accepts again soon, its quota refills
// continuously, and the rate follows what it gave. Otherwise a new minute has
// begun: the rate stays, and counting starts anew.
func (l *law) open(now, sent time.Time) {
	l.windows = sent.Sub(l.since) > quickly
	emptied := l.since
	if l.windows {
		emptied = time.Time{}
	} else if base, ok := l.measured(); ok {
		l.recover(now, max(base, leastRate))
	}
	l.shut = false
	l.epoch++
	l.opened = now
	l.emptied, l.accepted, l.admitted, l.unqueued = emptied, 1, 1, 0
}

// recover starts the curve anew.
func (l *law) recover(now time.Time, base float64) {
	l.plateau = min(2*l.plateau, maxPlateau)
	if math.Abs(base-l.base) > sameBase*l.base {
		l.plateau = minPlateau
	}
	l.base, l.recovered = base, now
}

// measured is what the quota gave, in calls a second, between the last two
// times that it was found empty. That is right only if the quota did not fill
// up in between: there was hardly time for that, or callers nearly always had
// to queue. If there were few calls they say nothing.
func (l *law) measured() (perSecond float64, ok bool) {
	span := l.since.Sub(l.emptied)
	queued := l.unqueued*10 <= l.admitted
	if l.emptied.IsZero() || span > quickly && !queued {
		return 0, false
	}
	return min(float64(l.accepted)/span.Seconds(), l.curve(l.since)), true
}

// pause puts off the next probe: as long as the server says, else longer after
// each refused probe.
func (l *law) pause(now time.Time, u float64, hint time.Duration) {
	if hint > 0 {
		l.postpone(now.Add(hint + time.Duration(u*float64(hint)/10)))
		return
	}
	wait := func(n int) time.Duration {
		return time.Duration((0.9 + 0.2*u) * float64(min(firstPause<<min(n, 10), maxPause)))
	}
	n := l.probes - quickProbes
	switch {
	case n < 0 || !l.clock.known:
		l.postpone(now.Add(wait(l.probes)))
	case n == 0:
		l.postpone(l.refill(now, u))
	default:
		next := now.Add(wait(n))
		if refill := l.refill(now, u); refill.Before(next) {
			next = refill
		}
		l.postpone(next)
	}
}

// refill is when a quota by the minute is full again: with the next minute of
// the server's clock or, as any 60 s may count, a minute after the gate last
// opened. The random part keeps clients of an account from probing in step.
func (l *law) refill(now time.Time, u float64) time.Time {
	at := l.clock.nextMinute(now).Add(afterMinute)
	if slid := l.opened.Add(time.Minute); slid.After(now) && slid.Before(at) {
		at = slid
	}
	return at.Add(50*time.Millisecond + time.Duration(u*float64(250*time.Millisecond)))
}

// postpone puts off the next probe until a time, but not past the end of the
// patience: one probe goes then, whatever the server says, and is the last if
// it is refused.
func (l *law) postpone(until time.Time) {
	if last := l.since.Add(Patience); l.until.Before(last) && last.Before(until) {
		until = last
	}
	l.until = until
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
