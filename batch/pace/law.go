package pace

import (
	"math"
	"time"
)

const (
	// firstPause is how long the gate stays shut before its first probe; the
	// pauses double up to maxPause.
	firstPause = 500 * time.Millisecond
	maxPause   = 15 * time.Second

	// quickProbes is how many probes there are, at 0.5, 1.5 and 3.5 s, before
	// one waits for the minute. A gate that opens with one of those, sent
	// within 5 s as replies take time too, has a quota that refills
	// continuously.
	quickProbes = 3
	quickly     = 5 * time.Second

	// afterMinute is for servers of one endpoint that disagree on the time.
	afterMinute = 500 * time.Millisecond

	// reopenAt makes the curve by which the rate comes back, and the time it
	// takes for that: the longer, up to a bound, the more often the base was
	// found the same, give or take a tenth.
	reopenAt   = 0.8
	minPlateau = 4 * time.Second
	maxPlateau = 16 * time.Second
	sameBase   = 0.1

	// leastRate is what every quota gives that opens the gate quickly.
	leastRate = 0.2
)

// A law is what the gate knows of its quota and decides from that. Time and
// chance are parameters; it does not lock.
type law struct {
	ceiling float64 // calls a second
	clock   clock

	epoch   int       // counts openings: refusals of older calls are one event
	opened  time.Time // when it last was, or the first call
	windows bool      // a new minute opened it last, or so it seemed

	// While it is shut.
	shut    bool
	since   time.Time
	until   time.Time // no probe before
	probing bool      // a probe is under way
	probes  int       // refused, and those that are not worth making
	spent   bool      // its patience is

	// What the quota gives: how much was accepted since it was last empty.
	emptied  time.Time // zero if it never was, or refilled at once since
	accepted int
	admitted int
	unheld   int // those of the admitted whom the pace did not hold back

	// The curve by which the rate comes back.
	base      float64 // calls a second; 0: the ceiling holds
	recovered time.Time
	plateau   time.Duration // until the base is reached
}

// enter decides on the next call: it may go, as a probe if the gate is shut, or
// must wait, at most so long, for time to pass or for a reply.
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

// admit counts a call that goes; held tells whether the pace had to hold back
// callers.
func (l *law) admit(t Ticket, held bool) {
	if t.probe {
		l.probing = true
	}
	if l.opened.IsZero() {
		l.opened = t.at
	}
	l.admitted++
	if !held {
		l.unheld++
	}
}

// holds tells whether a call that was let go may still be sent: one that the
// gate was shut behind has to ask again.
func (l *law) holds(t Ticket) bool {
	return t.probe || !l.shut && t.epoch == l.epoch
}

// rate is how many calls a second may go; of probes, the pauses keep the number
// down.
func (l *law) rate(now time.Time) float64 {
	if l.shut {
		return l.ceiling
	}
	return l.curve(now)
}

// curve is the rate of an open gate. It follows CUBIC (RFC 9438): from 0.8 of
// the base up to it, flat there, then up ever faster to the ceiling.
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

// leave learns from a reply; u in [0, 1) is its chance. It tells whether those
// who wait have to look again.
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
		return false // sent before the gate last opened: that event is over
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
		// One early probe is enough, and needed: it finds out if this is no
		// window after all.
		l.probes = quickProbes - 1
	}
}

// probed draws the conclusion of a probe.
func (l *law) probed(now time.Time, u float64, t Ticket, r Reply) {
	switch r.Answer {
	case Accepted:
		l.open(now, t.at)
		return
	case Refused:
		l.probes++
		l.pause(now, u, r.Hint)
		l.spent = now.Sub(l.since) >= Patience
	case Unanswered: // it tells nothing, so the pause is the same, but not a minute's
		n := l.probes
		if n == quickProbes && l.clock.known {
			l.probes++
		}
		l.pause(now, u, r.Hint)
		l.probes = n
		l.spent = now.Sub(l.since) >= 2*Patience // so that it ends; it may be the network
	case Unused: // the next may go at once
	}
}

// open lets everybody go again. If the server soon accepts again, its quota
// refills continuously, and the rate follows what it gave. Else a new minute
// has begun: the next one will do as much at the same rate, and what is counted
// begins anew.
func (l *law) open(now, sent time.Time) {
	l.windows = sent.Sub(l.since) > quickly
	emptied := l.since
	if l.windows {
		emptied = time.Time{}
	} else if base, ok := l.given(); ok {
		l.recover(now, max(base, leastRate))
	}
	l.shut = false
	l.epoch++
	l.opened = now
	l.emptied, l.accepted, l.admitted, l.unheld = emptied, 1, 1, 0
}

// recover begins the curve anew.
func (l *law) recover(now time.Time, base float64) {
	l.plateau = min(2*l.plateau, maxPlateau)
	if math.Abs(base-l.base) > sameBase*l.base {
		l.plateau = minPlateau
	}
	l.base, l.recovered = base, now
}

// given is what the quota gave, in calls a second, between the last two times
// that it was found empty. That is the truth if it did not fill up meanwhile:
// if there was hardly time for it, or callers were held back throughout. Else
// there were few calls, and they say nothing.
func (l *law) given() (perSecond float64, ok bool) {
	span := l.since.Sub(l.emptied)
	held := l.unheld*10 <= l.admitted
	if l.emptied.IsZero() || span > quickly && !held {
		return 0, false
	}
	return min(float64(l.accepted)/span.Seconds(), l.curve(l.since)), true
}

// pause puts off the next probe: as the server says, else longer with each that
// was refused.
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

// refill is when a quota by the minute is whole again: with the next minute of
// the server's clock; or a minute after the gate last opened, where any minute
// counts. Chance keeps several clients of an account from probing in step.
func (l *law) refill(now time.Time, u float64) time.Time {
	at := l.clock.nextMinute(now).Add(afterMinute)
	if slid := l.opened.Add(time.Minute); slid.After(now) && slid.Before(at) {
		at = slid
	}
	return at.Add(50*time.Millisecond + time.Duration(u*float64(250*time.Millisecond)))
}

// postpone allows no probe before a time; one comes when the patience ends,
// whatever the server says. It is the last, if it is refused.
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
