package pace

import (
	"math"
	"testing"
	"time"
)

// noon is when the tests begin, by our clock.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return noon.Add(time.Duration(math.Round(seconds * float64(time.Second))))
}

// A player plays a gate with 15 calls a second, without a clock of its own.
type player struct {
	t *testing.T
	law
	u float64
}

// call admits a call at a time and lets the reply come at once.
func (p *player) call(seconds float64, r Reply) (changed bool) {
	p.t.Helper()
	t, wait, err := p.enter(at(seconds))
	if err != nil || wait != 0 {
		p.t.Fatalf("no call at %v s: %v, %v", seconds, wait, err)
	}
	p.admit(t, true)
	return p.leave(at(seconds), p.u, t, r)
}

func (p *player) accept(n int, from, to float64) {
	p.t.Helper()
	for i := range n {
		p.call(from+(to-from)*float64(i)/float64(n), Reply{Answer: Accepted})
	}
}

// pauseAt is how long the law lets nothing pass from a time on.
func (p *player) pauseAt(seconds float64) float64 {
	_, wait, _ := p.enter(at(seconds))
	return wait.Seconds()
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-5 }

func TestRateAfterARefusal(t *testing.T) {
	tests := []struct{ seconds, rate float64 }{
		{0, 8}, {3, 10 - 2./8}, {6, 10}, {9, 10 + 2./8}, {12, 12}, {14, 14.7407407}, {15, 15}, {1e6, 15},
	}
	l := law{ceiling: 15, base: 10, recovered: noon, plateau: 6 * time.Second}
	for _, test := range tests {
		if got := l.rate(at(test.seconds)); !near(got, test.rate) {
			t.Errorf("%v s after: %v, want %v", test.seconds, got, test.rate)
		}
	}
	if l.shut = true; l.rate(noon) != 15 {
		t.Errorf("probes go at %v", l.rate(noon))
	}
}

// What was accepted between two refusals is the rate to come back to.
func TestBase(t *testing.T) {
	tests := []struct {
		name     string
		shut     float64 // seconds since the quota was last empty
		pause    float64 // until the probe that opens
		accepted int
		unqueued int
		from     float64 // the base before; 0: the ceiling
		want     float64
	}{
		{name: "what was accepted", shut: 10, pause: 0.5, accepted: 80, want: 8},
		{name: "even if little", shut: 100, pause: 3.5, accepted: 100, want: 1},
		{name: "no more than went out", shut: 1, pause: 0.5, accepted: 20, want: 15},
		{name: "no more than the curve allowed", shut: 6, pause: 0.5, accepted: 59, from: 5, want: 5},
		{name: "no less than opened the gate", shut: 100, pause: 3.5, accepted: 2, want: 0.2},
		{name: "the last probe that tells of a bucket", shut: 10, pause: 5, accepted: 80, want: 8},
		{name: "a window goes on as before", shut: 40, pause: 5.01, accepted: 600, want: 0},
		{name: "a window keeps the curve", shut: 40, pause: 20, accepted: 600, from: 12, want: 12},
		{name: "few calls: no caller had to queue", shut: 10, pause: 0.5, accepted: 20, unqueued: 20, want: 0},
		{name: "a tenth may pass without queuing", shut: 10, pause: 0.5, accepted: 80, unqueued: 8, want: 8},
		{name: "more than a tenth may not", shut: 10, pause: 0.5, accepted: 80, unqueued: 9, want: 0},
		{name: "too short for callers to matter", shut: 5, pause: 0.5, accepted: 40, unqueued: 40, want: 8},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := player{t: t, law: law{
				ceiling: 15, base: test.from, recovered: noon, plateau: 6 * time.Second, emptied: noon, opened: noon,
				accepted: test.accepted, admitted: test.accepted, unqueued: test.unqueued,
			}}
			p.call(test.shut, Reply{Answer: Refused})
			p.until = at(test.shut)
			p.call(test.shut+test.pause, Reply{Answer: Accepted})
			if p.shut || !near(p.base, test.want) {
				t.Errorf("base %v, want %v", p.base, test.want)
			}
			if want := at(test.shut + test.pause); !p.opened.Equal(want) {
				t.Errorf("opened at %v, want %v", p.opened, want)
			}
		})
	}
}

// The more often the base was found the same, the longer the rate stays near
// it.
func TestPlateau(t *testing.T) {
	l := law{ceiling: 15}
	for i, step := range []struct {
		base    float64
		plateau time.Duration
	}{
		{10, 4 * time.Second},
		{10.9, 8 * time.Second},
		{9.9, 16 * time.Second},
		{9.9, 16 * time.Second},
		{11, 4 * time.Second},
		{11, 8 * time.Second},
		{9.8, 4 * time.Second},
	} {
		l.recover(at(float64(i)), step.base)
		if l.plateau != step.plateau || l.base != step.base || !l.recovered.Equal(at(float64(i))) {
			t.Errorf("after %d refusals: %v within %v, want %v within %v", i+1, l.base, l.plateau, step.base, step.plateau)
		}
	}
}

// One refusal says when the quota was empty, the next what it gave since then.
// A window that opened in between makes the first one useless.
func TestBaseTakesTwoRefusals(t *testing.T) {
	tests := []struct {
		name   string
		shut   []float64 // when
		opened []float64
		calls  []int     // accepted before each refusal
		bases  []float64 // after each
	}{
		{"bucket", []float64{10, 20, 30}, []float64{11, 20.6, 31}, []int{150, 100, 80}, []float64{0, 10, 8}},
		{"window", []float64{10, 20, 50, 55}, []float64{11, 40, 51, 56}, []int{150, 100, 80, 40}, []float64{0, 0, 0, 8}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := player{t: t, law: law{ceiling: 15}}
			opened := 0.
			for i, shut := range test.shut {
				p.accept(test.calls[i]-1, opened+0.1, shut) // and the probe
				p.call(shut, Reply{Answer: Refused})
				p.until = at(shut)
				opened = test.opened[i]
				p.call(opened, Reply{Answer: Accepted})
				if !near(p.base, test.bases[i]) {
					t.Errorf("base %v after refusal %d, want %v", p.base, i+1, test.bases[i])
				}
			}
		})
	}
}

func TestProbes(t *testing.T) {
	// The server is 20.3 s ahead: its next minute begins 39.7 s after noon.
	clock := func(seconds float64) time.Time { return at(seconds + 20.3).Truncate(time.Second) }
	tests := []struct {
		name   string
		u      float64
		clock  bool
		before func(*law)
		want   []float64 // pauses in seconds
	}{
		{name: "no clock", u: 0.5, want: []float64{0.5, 1, 2, 4, 8, 15, 15, 15}},
		{name: "early", u: 0, want: []float64{0.45, 0.9, 1.8, 3.6}},
		{name: "late", u: 1, want: []float64{0.55, 1.1, 2.2, 4.4}},
		// It said 20 at 0 s, 20 at 0.49 s, 21 at 1.47 s and 23 at 3.43 s, so it
		// is ahead by 20 s at least: its minute is over at 40 s, probed at
		// 40.65.
		{name: "the minute, then growing", u: 0.4, clock: true, want: []float64{0.49, 0.98, 1.96, 40.0 + 0.65 - 3.43, 0.98, 1.96, 3.92, 7.84}},
		// 22 at 1.96 s: by 20.04 s. Below, 45 at 24.85 s: by 20.15 s.
		{
			name: "one before the minute after a window", u: 0.4, clock: true,
			before: func(l *law) { l.windows = true },
			want:   []float64{1.96, 39.96 + 0.65 - 1.96, 0.98},
		},
		{
			name: "a minute after it opened, if that is earlier", u: 0.4, clock: true,
			before: func(l *law) { l.opened = at(-50) },
			want:   []float64{0.49, 0.98, 1.96, 10.15 - 3.43, 0.98, 1.96, 3.92, 7.84, 14.7, 0.95},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := player{t: t, law: law{ceiling: 15, opened: at(-3600)}, u: test.u}
			if test.before != nil {
				test.before(&p.law)
			}
			now := 0.
			for i, want := range test.want {
				r := Reply{Answer: Refused}
				if test.clock {
					r.Clock = clock(now)
				}
				p.call(now, r)
				got := p.pauseAt(now)
				if want != 0 && math.Abs(got-want) > 0.001 {
					t.Errorf("pause %d is %v, want %v", i, got, want)
				}
				now += got
			}
		})
	}
}

func TestPauseAsTheServerSays(t *testing.T) {
	for _, test := range []struct {
		name string
		u    float64
		hint time.Duration
		want float64
	}{
		{"at the earliest", 0, 7 * time.Second, 7},
		{"at the latest", 1, 7 * time.Second, 7.7},
		{"in a moment", 0, 10 * time.Millisecond, 0.01},
		{"longer than the patience", 1, time.Hour, 900},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := player{t: t, law: law{ceiling: 15}, u: test.u}
			p.call(0, Reply{Answer: Refused, Hint: test.hint, Clock: noon})
			if got := p.pauseAt(0); !near(got, test.want) {
				t.Errorf("%v s, want %v", got, test.want)
			}
		})
	}
}

// Probes without an answer change nothing, but do not wait a minute each.
func TestUnansweredProbes(t *testing.T) {
	p := player{t: t, law: law{ceiling: 15}, u: 0.5}
	now := 0.
	for i, step := range []struct {
		answer Answer
		want   float64
	}{
		{Refused, 0.5},
		{Unanswered, 0.5},
		{Unused, 0},
		{Refused, 1},
		{Unanswered, 1},
		{Refused, 2},
		{Refused, 55.175}, // a minute after the first call
		{Unanswered, 1},
		{Unanswered, 1},
		{Refused, 1},
		{Unanswered, 1},
		{Refused, 2},
	} {
		p.call(now, Reply{Answer: step.answer, Clock: at(now)})
		got := p.pauseAt(now)
		if math.Abs(got-step.want) > 1e-6 {
			t.Errorf("%v s after step %d, want %v", got, i+1, step.want)
		}
		now += got
	}
}

func TestPatience(t *testing.T) {
	p := player{t: t, law: law{ceiling: 15}, u: 0.5}
	for _, now := range []float64{100, 101, 1000 - 1e-9} {
		p.until = at(now)
		p.call(now, Reply{Answer: Refused, Hint: time.Hour})
		if got := p.pauseAt(now); !near(got, 1000-now) {
			t.Errorf("%v s to the last probe, want %v", got, 1000-now)
		}
	}
	p.until = at(1000)
	p.call(1000, Reply{Answer: Unanswered}) // the network may be gone: that is no refusal
	if got := p.pauseAt(1000); got < 1 {
		t.Errorf("%v s after a probe without an answer", got)
	}
	p.until = at(2000)
	p.call(2000, Reply{Answer: Refused})
	if _, _, err := p.enter(at(2000)); err != ErrThrottledOut {
		t.Errorf("after the patience: %v", err)
	}
}

func TestClock(t *testing.T) {
	type said struct{ server, sent, received float64 }
	tests := []struct {
		name        string
		said        []said
		least, most float64
		minute      float64 // next one after 30 s
	}{
		{"one reply", []said{{5, 0, 0.2}}, 4.8, 6, 55.2},
		{"narrowed", []said{{5, 0, 0.2}, {7, 1.1, 1.3}}, 5.7, 6, 54.3},
		{"not by a slow one", []said{{5, 0, 0.2}, {7, 1, 4}}, 4.8, 6, 55.2},
		{"behind", []said{{-90, 0, 0.1}}, -90.1, -89, 30.1},
		{"set forward", []said{{5, 0, 0.2}, {100, 1, 1.1}}, 98.9, 100, 81.1 - 60},
		{"set back", []said{{5, 0, 0.2}, {2, 10, 10.1}}, -8.1, -7, 68.1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var c clock
			for _, s := range test.said {
				c.learn(at(s.server), at(s.sent), at(s.received))
			}
			if !c.known || !near(c.least.Seconds(), test.least) || !near(c.most.Seconds(), test.most) {
				t.Errorf("ahead by %v to %v, want %v to %v", c.least, c.most, test.least, test.most)
			}
			if got := c.nextMinute(at(30)).Sub(noon).Seconds(); !near(got, test.minute) && !near(got, test.minute+60) {
				t.Errorf("next minute at %v, want %v", got, test.minute)
			}
		})
	}
}

// A refusal shuts the gate unless it is of a call from before it last opened.
func TestRefusalsOfOneEvent(t *testing.T) {
	p := player{t: t, law: law{ceiling: 15}, u: 0.5}
	var old [4]Ticket
	for i := range old {
		old[i], _, _ = p.enter(noon)
	}
	refused := Reply{Answer: Refused}
	if !p.leave(at(1), 0.5, old[0], refused) || !p.shut || !near(p.pauseAt(1), 0.5) {
		t.Errorf("the first refusal: %+v", p.law)
	}
	if p.leave(at(1.2), 0.5, old[1], refused) || !near(p.pauseAt(1.2), 0.3) {
		t.Errorf("the second: %v s", p.pauseAt(1.2))
	}
	if p.leave(at(1.2), 0.5, old[2], Reply{Answer: Refused, Hint: 2 * time.Second}) || !near(p.pauseAt(1.2), 2) {
		t.Errorf("one with a longer hint: %v s", p.pauseAt(1.2))
	}
	probe, _, _ := p.enter(at(3.2))
	p.admit(probe, true)
	if p.leave(at(3.3), 0.5, old[2], Reply{Answer: Accepted}); !p.shut || p.pauseAt(3.3) != Patience.Seconds() {
		t.Errorf("a call from before opened it, or let another probe go")
	}
	if !p.leave(at(3.4), 0.5, probe, Reply{Answer: Accepted}) || p.shut {
		t.Errorf("an accepted probe left it shut")
	}
	if p.leave(at(3.5), 0.5, old[3], refused) || p.shut {
		t.Errorf("an old refusal shut it again")
	}
	fresh, _, _ := p.enter(at(3.6))
	for _, answer := range []Answer{Unanswered, Unused, Accepted} {
		if p.leave(at(3.6), 0.5, fresh, Reply{Answer: answer}) || p.shut {
			t.Errorf("answer %d shut it", answer)
		}
	}
	if !p.leave(at(3.6), 0.5, fresh, refused) || !p.shut {
		t.Error("a new refusal did not shut it")
	}
}

// When the probe was sent decides whether a quota refills continuously, as its
// reply may take long. The gate opens with the reply.
func TestProbeWithASlowReply(t *testing.T) {
	p := player{t: t, law: law{ceiling: 15}, u: 0.5}
	p.call(0, Reply{Answer: Refused})
	p.until = at(4.9)
	probe, _, _ := p.enter(at(4.9))
	p.admit(probe, true)
	p.leave(at(9.9), 0.5, probe, Reply{Answer: Accepted})
	if p.shut || p.windows || !p.opened.Equal(at(9.9)) {
		t.Errorf("shut %v, a window %v, opened at %s", p.shut, p.windows, p.opened)
	}
}

func TestTicketsHold(t *testing.T) {
	early, probe := Ticket{epoch: 2}, Ticket{epoch: 3, probe: true}
	for _, test := range []struct {
		name         string
		law          law
		early, probe bool
	}{
		{"while it is open", law{epoch: 2}, true, true},
		{"shut since", law{epoch: 2, shut: true}, false, true},
		{"open again since", law{epoch: 3}, false, true},
	} {
		if got := test.law.holds(early); got != test.early {
			t.Errorf("%s: a ticket holds: %v", test.name, got)
		}
		if got := test.law.holds(probe); got != test.probe {
			t.Errorf("%s: the probe's holds: %v", test.name, got)
		}
	}
}
