package pace_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"imgrename/batch/pace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// enter waits for the gate and says how long that took.
func enter(t *testing.T, g *pace.Gate) (pace.Ticket, time.Duration) {
	t.Helper()
	start := time.Now()
	ticket, err := g.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ticket, time.Since(start)
}

func TestGateSpacesCallsEvenly(t *testing.T) {
	tests := []struct {
		name      string
		perSecond float64
		calls     int
		atOnce    int // the burst
		took      time.Duration
	}{
		{"one a second", 1, 5, 1, 4 * time.Second},
		{"the default", 15, 151, 1, 10 * time.Second},
		{"the fastest without bursts", 200, 201, 1, time.Second},
		{"bursts of five", 1000, 1005, 5, time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := pace.NewGate(test.perSecond)
				start, atOnce := time.Now(), 0
				for range test.calls {
					ticket, _ := enter(t, g)
					g.Leave(ticket, pace.Reply{Answer: pace.Accepted})
					if time.Now().Equal(start) {
						atOnce++
					}
				}
				if took := time.Since(start).Round(time.Millisecond); took != test.took || atOnce != test.atOnce {
					t.Errorf("%d calls took %s, %d of them at once, want %s, %d", test.calls, took, atOnce, test.took, test.atOnce)
				}
			})
		})
	}
}

// around reports whether d is within a tenth of pause.
func around(d, pause time.Duration) bool { return d >= pause-pause/10 && d <= pause+pause/10 }

func TestEagerGate(t *testing.T) {
	at := func(t *testing.T, g *pace.Gate, start time.Time, answer pace.Answer) time.Duration {
		ticket, _ := enter(t, g)
		defer g.Leave(ticket, pace.Reply{Answer: answer})
		return time.Since(start)
	}
	t.Run("sends its first calls at once and the others evenly", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, start := pace.NewEagerGate(10, 8), time.Now()
			for i := range 12 {
				want := time.Duration(max(0, i-7)) * 100 * time.Millisecond
				if got := at(t, g, start, pace.Accepted); got != want {
					t.Errorf("call %d went after %s, want %s", i+1, got, want)
				}
			}
		})
	})
	t.Run("has no second burst for those who were slow", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := pace.NewEagerGate(10, 4)
			for range 4 {
				at(t, g, time.Now(), pace.Accepted)
				time.Sleep(time.Minute)
			}
			start := time.Now()
			if at(t, g, start, pace.Accepted); at(t, g, start, pace.Accepted) != 100*time.Millisecond {
				t.Error("two calls went at once, after the first four")
			}
		})
	})
	t.Run("keeps even its first calls back once one is refused", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, start := pace.NewEagerGate(10, 8), time.Now()
			at(t, g, start, pace.Refused)
			probe := at(t, g, start, pace.Accepted)
			if next := at(t, g, start, pace.Accepted); probe < 450*time.Millisecond || next-probe < 100*time.Millisecond {
				t.Errorf("the probe went after %s and the next call after %s", probe, next)
			}
		})
	})
}

func TestGateProbesAfterGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.NewGate(1000)
		ticket, _ := enter(t, g)
		g.Leave(ticket, pace.Reply{Answer: pace.Refused})
		for i, seconds := range []float64{0.5, 1, 2, 4, 8, 15, 15} {
			ticket, took := enter(t, g)
			if pause := time.Duration(seconds * float64(time.Second)); !around(took, pause) {
				t.Errorf("probe %d after %s, want %s", i+1, took, pause)
			}
			g.Leave(ticket, pace.Reply{Answer: pace.Refused})
		}
		ticket, _ = enter(t, g)
		g.Leave(ticket, pace.Reply{Answer: pace.Accepted})
		ticket, took := enter(t, g)
		if took > time.Millisecond {
			t.Errorf("an open gate held a call for %s", took)
		}
		g.Leave(ticket, pace.Reply{Answer: pace.Refused})
		if _, took := enter(t, g); !around(took, 2*time.Second) {
			t.Errorf("shut anew after a window, the first probe came after %s", took)
		}
	})
}

// The first call after the probe that opened the gate keeps its distance too,
// however long the gate was shut.
func TestGateSpacesCallsAfterAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.NewGate(1000)
		ticket, _ := enter(t, g)
		g.Leave(ticket, pace.Reply{Answer: pace.Refused, Hint: 10 * time.Second})
		ticket, _ = enter(t, g)
		g.Leave(ticket, pace.Reply{Answer: pace.Accepted})
		for range 5 {
			if _, took := enter(t, g); took != time.Millisecond {
				t.Errorf("the next call came after %s, want 1ms", took)
			}
		}
	})
}

// reopen has one call refused, and the probe after it accepted.
func reopen(t *testing.T, g *pace.Gate, hint time.Duration) {
	t.Helper()
	ticket, _ := enter(t, g)
	g.Leave(ticket, pace.Reply{Answer: pace.Refused, Hint: hint})
	ticket, _ = enter(t, g)
	g.Leave(ticket, pace.Reply{Answer: pace.Accepted})
}

// What the quota gave between two refusals is the rate of the calls thereafter.
func TestGateSlowsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.NewGate(1000)
		g.SetChance(func() float64 { return 0 })
		reopen(t, g, 999*time.Millisecond)
		reopen(t, g, time.Second) // one call in 1 s: the probe
		// 0.8 a second at first, one after 4 s.
		first, took := enter(t, g)
		if took < 1150*time.Millisecond || took > 1250*time.Millisecond {
			t.Errorf("the first call came after %s", took)
		}
		g.Leave(first, pace.Reply{Answer: pace.Accepted})
		time.Sleep(400 * time.Millisecond)
		if _, took := enter(t, g); took < 600*time.Millisecond || took > 900*time.Millisecond {
			t.Errorf("the second came another %s after 400ms", took)
		}
		time.Sleep(3 * time.Second)
		if _, took := enter(t, g); took != 0 {
			t.Errorf("the third came after %s", took)
		}
		if _, took := enter(t, g); took < 600*time.Millisecond {
			t.Errorf("the fourth came in a burst, after %s", took)
		}
	})
}

// The rate of the calls is that of the quota only if callers made as many as
// they could.
func TestGateKeepsItsRateWhenCallersAreFew(t *testing.T) {
	tests := []struct {
		name  string
		rest  time.Duration // between calls
		calls int
		want  time.Duration // between two calls afterwards
	}{
		{"few", time.Second, 10, 100 * time.Millisecond},
		{"as many as may be", 0, 99, time.Second / 8},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := pace.NewGate(10)
				g.SetChance(func() float64 { return 0 })
				reopen(t, g, 100*time.Millisecond)
				for range test.calls {
					ticket, _ := enter(t, g)
					g.Leave(ticket, pace.Reply{Answer: pace.Accepted})
					time.Sleep(test.rest)
				}
				reopen(t, g, 100*time.Millisecond)
				if _, took := enter(t, g); took.Round(10*time.Millisecond) != test.want.Round(10*time.Millisecond) {
					t.Errorf("the next call came after %s, want %s", took, test.want)
				}
			})
		})
	}
}

// A caller that comes just when there is a token goes behind those that wait.
func TestGateServesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.NewGate(1)
		enter(t, g)
		start := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() {
			time.Sleep(time.Second)
			if enter(t, g); time.Since(start) != 2*time.Second {
				t.Errorf("the second went after %s", time.Since(start))
			}
		})
		synctest.Wait()
		if _, took := enter(t, g); took != time.Second {
			t.Errorf("the first went after %s", took)
		}
		wg.Wait()
	})
}

// A caller that waits for its time when the gate is shut does not slip through.
func TestGateHoldsWhoWaitsForThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.NewGate(1)
		first, _ := enter(t, g)
		time.AfterFunc(200*time.Millisecond, func() { g.Leave(first, pace.Reply{Answer: pace.Refused, Hint: 10 * time.Second}) })
		if _, took := enter(t, g); !around(took, 10200*time.Millisecond) {
			t.Errorf("admitted after %s", took)
		}
	})
}

func TestGateHonoursTheServersHint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.NewGate(1000)
		ticket, _ := enter(t, g)
		g.Leave(ticket, pace.Reply{Answer: pace.Refused, Hint: 42 * time.Second})
		ticket, took := enter(t, g)
		if !around(took, 42*time.Second) {
			t.Errorf("probed after %s, want 42s", took)
		}
		g.Leave(ticket, pace.Reply{Answer: pace.Refused, Hint: 7 * time.Second})
		if _, took = enter(t, g); !around(took, 7*time.Second) {
			t.Errorf("probed after %s, want 7s", took)
		}
	})
}

// What was sent before the gate was shut may still be refused: that is the
// same event, and moves the next probe only if it comes with a longer hint.
func TestGateTakesRefusalsOfOlderCallsAsOneEvent(t *testing.T) {
	tests := []struct {
		name  string
		hint  time.Duration
		pause time.Duration
	}{
		{"without a hint", 0, 500 * time.Millisecond},
		{"with a longer hint", 9 * time.Second, 9 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := pace.NewGate(1000)
				var tickets []pace.Ticket
				for range 16 {
					ticket, _ := enter(t, g)
					tickets = append(tickets, ticket)
				}
				g.Leave(tickets[0], pace.Reply{Answer: pace.Refused})
				for _, ticket := range tickets[1:15] {
					g.Leave(ticket, pace.Reply{Answer: pace.Refused, Hint: test.hint})
				}
				ticket, took := enter(t, g)
				if !around(took, test.pause) {
					t.Errorf("probed after %s, want %s", took, test.pause)
				}
				g.Leave(ticket, pace.Reply{Answer: pace.Accepted})
				g.Leave(tickets[15], pace.Reply{Answer: pace.Refused, Hint: time.Minute}) // long overtaken
				if _, took := enter(t, g); took > time.Millisecond {
					t.Errorf("an old refusal shut the gate again for %s", took)
				}
			})
		})
	}
}

// While the gate is shut one call is under way at a time, whoever waits.
func TestGateSendsOneProbeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.NewGate(1000)
		first, _ := enter(t, g)
		g.Leave(first, pace.Reply{Answer: pace.Refused})
		var flying, calls atomic.Int32
		open := time.Now().Add(20 * time.Second)
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				for done := false; !done; {
					ticket, _ := enter(t, g)
					shut := time.Now().Before(open)
					if n := flying.Add(1); shut && n != 1 {
						t.Errorf("%d calls in flight while shut", n)
					}
					calls.Add(1)
					time.Sleep(200 * time.Millisecond)
					flying.Add(-1)
					if done = time.Now().After(open); done {
						g.Leave(ticket, pace.Reply{Answer: pace.Accepted})
					} else {
						g.Leave(ticket, pace.Reply{Answer: pace.Refused})
					}
				}
			})
		}
		wg.Wait()
		// Probes at about 0.5, 1.7, 3.9, 8.1, 16.3 and 31.5 s, then the rest.
		if n := calls.Load(); n != 69 {
			t.Errorf("%d calls, want 5 refused ones and 64", n)
		}
	})
}

// A probe without an answer says nothing of the quota: the next one comes after
// the same pause, and waiting callers are not forgotten.
func TestGateAfterAProbeWithoutAnAnswer(t *testing.T) {
	tests := []struct {
		name   string
		answer pace.Answer
		pauses []time.Duration
	}{
		{"unanswered", pace.Unanswered, []time.Duration{500 * time.Millisecond, 500 * time.Millisecond, 500 * time.Millisecond}},
		{"not sent", pace.Unused, []time.Duration{500 * time.Millisecond, 0, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := pace.NewGate(1e6)
				ticket, _ := enter(t, g)
				g.Leave(ticket, pace.Reply{Answer: pace.Refused})
				for i, pause := range test.pauses {
					ticket, took := enter(t, g)
					if !around(took.Truncate(time.Millisecond), pause) {
						t.Errorf("probe %d after %s, want %s", i+1, took, pause)
					}
					g.Leave(ticket, pace.Reply{Answer: test.answer})
				}
				// It is still shut: two cannot enter.
				probe, _ := enter(t, g)
				short, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if _, err := g.Enter(short); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("a second probe: %v", err)
				}
				g.Leave(probe, pace.Reply{Answer: pace.Accepted})
				enter(t, g)
			})
		})
	}
}

func TestGateLosesPatience(t *testing.T) {
	tests := []struct {
		name   string
		answer pace.Answer
		hint   time.Duration
		after  time.Duration
		most   time.Duration // beyond that: the pause under way
	}{
		{"refused", pace.Refused, 0, pace.Patience, 17 * time.Second},
		{"refused with a long hint", pace.Refused, 5 * time.Minute, pace.Patience, 6 * time.Minute},
		{"unanswered", pace.Unanswered, 0, 2 * pace.Patience, 17 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := pace.NewGate(1000)
				start := time.Now()
				ticket, _ := enter(t, g)
				g.Leave(ticket, pace.Reply{Answer: pace.Refused, Hint: test.hint})
				var wg sync.WaitGroup
				for range 16 {
					wg.Go(func() {
						for {
							ticket, err := g.Enter(t.Context())
							if err != nil {
								if !errors.Is(err, pace.ErrThrottledOut) {
									t.Error(err)
								}
								return
							}
							time.Sleep(50 * time.Millisecond)
							g.Leave(ticket, pace.Reply{Answer: test.answer, Hint: test.hint})
						}
					})
				}
				wg.Wait()
				if took := time.Since(start); took < test.after || took > test.after+test.most {
					t.Errorf("gave up after %s", took)
				}
			})
		})
	}
}

// Patience is for one stretch of refusals: an accepted call begins it anew.
func TestGateIsPatientAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.NewGate(1000)
		for range 3 {
			ticket, _ := enter(t, g)
			g.Leave(ticket, pace.Reply{Answer: pace.Refused, Hint: 10 * time.Minute})
			ticket, _ = enter(t, g)
			g.Leave(ticket, pace.Reply{Answer: pace.Accepted})
		}
	})
}

func TestGateLetsGoOfThoseWhoAreCancelled(t *testing.T) {
	cause := errors.New("interrupted")
	tests := []struct {
		name string
		shut func(*pace.Gate, pace.Ticket)
	}{
		{"open, waiting for the pace", func(g *pace.Gate, k pace.Ticket) { g.Leave(k, pace.Reply{Answer: pace.Accepted}) }},
		{"shut", func(g *pace.Gate, k pace.Ticket) { g.Leave(k, pace.Reply{Answer: pace.Refused, Hint: time.Minute}) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := pace.NewGate(0.01)
				ticket, _ := enter(t, g)
				test.shut(g, ticket)
				ctx, cancel := context.WithCancelCause(t.Context())
				var wg sync.WaitGroup
				start := time.Now()
				for range 16 {
					wg.Go(func() {
						if _, err := g.Enter(ctx); err != cause {
							t.Errorf("got %v, want the cause", err)
						}
						if took := time.Since(start); took != time.Second {
							t.Errorf("left after %s", took)
						}
					})
				}
				time.Sleep(time.Second)
				cancel(cause)
				wg.Wait()
				if _, err := g.Enter(ctx); err != cause {
					t.Errorf("cancelled before: got %v, want the cause", err)
				}
				enter(t, g) // no one has left it locked
			})
		})
	}
}

// A cancelled caller leaves, whether the gate is open or another one is at the
// head of the queue.
func TestGateLetsGoOfOneAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.NewGate(0.01)
		cause := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		if _, err := g.Enter(ctx); err != cause {
			t.Errorf("at an open gate: %v, want the cause", err)
		}
		enter(t, g)
		var wg sync.WaitGroup
		wg.Go(func() { enter(t, g) })
		synctest.Wait()
		start := time.Now()
		ctx, stop := context.WithTimeoutCause(t.Context(), time.Second, cause)
		defer stop()
		if _, err := g.Enter(ctx); err != cause || time.Since(start) != time.Second {
			t.Errorf("behind another: %v after %s, want the cause", err, time.Since(start))
		}
		wg.Wait()
	})
}

func TestGateTellsOfADeadlineThatComesTooEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.NewGate(0.01)
		enter(t, g)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := g.Enter(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// 64 workers with all answers at random keep the gate's books: it is open or
// has a probe whenever one is due, and never admits more than its rate.
func TestGateUnderARace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.NewGate(100)
		var calls, n atomic.Int64
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		answers := []pace.Answer{
			pace.Accepted, pace.Accepted, pace.Accepted, pace.Unanswered, pace.Accepted, pace.Unused, pace.Accepted, pace.Refused,
		}
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				for {
					ticket, err := g.Enter(ctx)
					if err != nil {
						return
					}
					calls.Add(1)
					time.Sleep(time.Duration(i) * time.Millisecond)
					g.Leave(ticket, pace.Reply{Answer: answers[n.Add(1)%int64(len(answers))]})
				}
			})
		}
		wg.Wait()
		if c := calls.Load(); c < 100 || c > 5*60*100+1 {
			t.Errorf("%d calls in 5 minutes", c)
		}
		ticket, _ := enter(t, g)
		g.Leave(ticket, pace.Reply{Answer: pace.Accepted})
	})
}
