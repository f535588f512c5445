package batch_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
)

// patient is exact, and waits for the end of an outage.
var patient = batch.Retry{Attempts: 5, Settle: time.Minute, MaxOutage: 30 * time.Minute}

// gone is a network that is down from a time on, for a length of time, or for ever
// if that is 0.
func gone(at, length time.Duration) ecssim.Fault {
	return ecssim.Fault{Kind: "outage", At: at, For: length}
}

// A tap notes which calls are sent when.
type tap struct {
	http.RoundTripper
	mu   sync.Mutex
	sent []sending
}

type sending struct {
	at    time.Time
	write bool
}

func (t *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	t.sent = append(t.sent, sending{time.Now(), r.Header.Get("x-acs-action") == "ModifyImageAttribute"})
	t.mu.Unlock()
	return t.RoundTripper.RoundTrip(r)
}

// between counts the calls of a time.
func (t *tap) between(from, to time.Time) (reads, writes int) {
	for _, s := range t.sent {
		switch {
		case s.at.Before(from) || !s.at.Before(to):
		case s.write:
			writes++
		default:
			reads++
		}
	}
	return reads, writes
}

// A network that is down for five minutes costs no row anything: meanwhile one
// read at a time probes for its end.
func TestOutage(t *testing.T) {
	const start, length = 2 * time.Minute, 5 * time.Minute
	rows := 10_000
	if modelRace {
		rows = 2000 // the race detector takes its time
	}
	synctest.Test(t, func(t *testing.T) {
		list, wanted := many(rows, region)
		var wire *tap
		s := scene{
			images: list, rows: wanted, rate: 15, faults: []ecssim.Fault{gone(start, length)},
			server: ecssim.Config{Latency: ecssim.Latency{Median: 120 * time.Millisecond, Spread: 0.4}},
			wire: func(next http.RoundTripper) http.RoundTripper {
				wire = &tap{RoundTripper: next}
				return wire
			},
		}
		begin := time.Now()
		r := s.play(t.Context(), t)
		if n := history.Totals(r.results)[plan.Applied]; n != rows {
			t.Errorf("%d of %d applied: %v", n, rows, history.Totals(r.results))
		}
		// Calls under way fail, some more are sent until five have failed, and
		// then there are probes: at 1, 3, 7, 15, 30 s, and every 15 s.
		shut, end := begin.Add(start+2*time.Second), begin.Add(start+length)
		if reads, writes := wire.between(begin.Add(start), shut); writes > 20 || reads > 20 {
			t.Errorf("%d reads and %d writes until the breaker tripped", reads, writes)
		}
		if reads, writes := wire.between(shut, end); writes != 0 || reads < 19 || reads > 25 {
			t.Errorf("%d reads and %d writes while the breaker was tripped, want about 22 and none", reads, writes)
		}
		ideal := time.Duration(rows)*time.Second/15 + length
		if r.took > ideal+35*time.Second {
			t.Errorf("took %s, want little more than %s", r.took, ideal)
		}
	})
}

// The same for few workers, whose rows have all failed before the breaker trips.
func TestOutageGivesAttemptsBack(t *testing.T) {
	for _, workers := range []int{1, 2, 16} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{
					images: images("m-1:a", "m-2:b", "m-3:c"), rows: rows("m-1:A", "m-2:B", "m-3:C"), workers: workers,
					retry: patient, age: time.Minute, faults: []ecssim.Fault{gone(30*time.Second, 10*time.Minute)},
				}
				s.play(t.Context(), t).want("applied applied applied", "- - -", "1 1 1", "A B C")
				s.age = 5 * time.Second // so that writes fail, and not the reads before
				s.faults = []ecssim.Fault{gone(5*time.Second, 10*time.Minute)}
				if got := s.play(t.Context(), t).outcomes(); got != "applied applied applied" {
					t.Errorf("got %s", got)
				}
			})
		})
	}
}

// An answer that is lost in an outage stays in doubt until the image was read.
func TestOutageKeepsDoubts(t *testing.T) {
	for kind, want := range map[ecssim.Kind]string{"reset-after": "1", "reset-before": "2"} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{
					images: images("m-1:a"), rows: rows("m-1:b"), retry: patient, age: 5 * time.Second,
					faults: []ecssim.Fault{write(kind, "m-1", 1), gone(5*time.Second+time.Millisecond, 10*time.Minute)},
				}
				s.server.Latency.Median = 10 * time.Millisecond
				r := s.play(t.Context(), t)
				r.want("applied", "-", want, "b")
				if n := reached(r.writes()); fmt.Sprint(n) != want {
					t.Errorf("%d writes, want %s", n, want)
				}
			})
		})
	}
}

// Failures are not an outage if a read is answered meanwhile: a row has its
// attempts and no more, and every run ends.
func TestTroubleOfOneRowIsNoOutage(t *testing.T) {
	for _, test := range []struct {
		name, outcomes, codes, attempts string
		kind                            ecssim.Kind
		took                            time.Duration
	}{
		{"never connected", "pending", "Unreachable", "5", "refused", time.Second},
		{"always a proxy's page", "failed", "HTTP502", "5", "bad-gateway", time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{images: images("m-1:a"), rows: rows("m-1:b"), retry: patient, faults: []ecssim.Fault{write(test.kind, "m-1", 0)}}
				r := s.play(t.Context(), t)
				r.want(test.outcomes, test.codes, test.attempts, "a")
				if r.took.Round(time.Second) != test.took {
					t.Errorf("took %s, want %s", r.took, test.took)
				}
			})
		})
	}
}

// A lane that stays out of reach stops, and can be resumed; the others go on.
func TestOutageForTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good, goodRows := many(20, "cn-good")
		bad, badRows := many(20, "cn-trouble")
		s := scene{
			regions: map[string][]ecssim.Image{"cn-good": good, "cn-trouble": bad},
			rows:    append(goodRows, badRows...), rate: 15, age: 5 * time.Second,
			faults: []ecssim.Fault{{Kind: "outage", At: 5 * time.Second, Region: "cn-trouble"}},
		}
		var goodEnd time.Time
		s.observe = func(e batch.Event) {
			if e.Row < 20 && e.Kind == batch.Decided {
				goodEnd = time.Now()
			}
		}
		start := time.Now()
		r := s.play(t.Context(), t)
		const want = "no reply for 30m0s (--max-outage): DescribeImages: dial tcp: connect: network is unreachable"
		for i, result := range r.results {
			switch {
			case i < 20 && result.Outcome != plan.Applied:
				t.Fatalf("row %d: %+v", i, result)
			case i >= 20 && (result.Outcome != plan.Pending || result.Code != "Outage" || result.Message != want):
				t.Fatalf("row %d: %+v", i, result)
			}
		}
		if r.took.Truncate(time.Second) != batch.DefaultRetry.MaxOutage {
			t.Errorf("took %s", r.took)
		}
		if took := goodEnd.Sub(start) - s.age; took > 3*time.Second {
			t.Errorf("the good lane took %s", took)
		}
		if r.err != nil {
			t.Error(r.err)
		}
	})
}

// Calls without an answer are unknown when the lane stops, an open ring stays open,
// and both are reported. What was applied cannot be confirmed.
func TestOutageForTooLongLeavesDoubts(t *testing.T) {
	// Writes come at 2, 4, 6, 8 and 10 s and take a second each.
	tests := []struct {
		name     string
		at       time.Duration // of the outage
		faults   []ecssim.Fault
		outcomes string
		codes    string
		names    string
	}{
		{
			name: "nothing was sent", at: 1500 * time.Millisecond,
			outcomes: "pending pending pending pending", codes: words("Outage", 4), names: "a b c x",
		},
		{
			name: "an answer was lost", at: 2700 * time.Millisecond, faults: []ecssim.Fault{write("reset-before", "m-1", 1)},
			outcomes: "unknown blocked blocked pending", codes: "AnswerLost WaitsFor WaitsFor Outage", names: "a b c x",
		},
		{
			name: "a ring is open", at: 3500 * time.Millisecond,
			outcomes: "stranded pending pending pending", codes: "TemporaryName Outage Outage Outage", names: "TEMPORARY b c x",
		},
		{
			name: "a ring is half done", at: 5500 * time.Millisecond,
			outcomes: "stranded pending unknown pending", codes: "TemporaryName Outage NotConfirmed Outage", names: "TEMPORARY b a x",
		},
		{
			name: "a ring is done", at: 9500 * time.Millisecond,
			outcomes: "unknown unknown unknown pending", codes: words("NotConfirmed", 3) + " Outage", names: "b c a x",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{workers: 1, retry: patient, age: time.Second, rate: 0.5, faults: append(test.faults, gone(test.at, 0))}
				s.images, s.rows = ring()
				s.images, s.rows = append(s.images, image("m-4:x")), append(s.rows, row("m-4:y"))
				s.server.Latency.Median = time.Second
				r := s.play(t.Context(), t)
				if got := r.outcomes(); got != test.outcomes {
					t.Errorf("outcomes: got %s, want %s\n%s", got, test.outcomes, r.messages())
				}
				if got := r.codes(); got != test.codes {
					t.Errorf("codes: got %s, want %s\n%s", got, test.codes, r.messages())
				}
				if got := r.names(); got != test.names {
					t.Errorf("names: got %s, want %s", got, test.names)
				}
			})
		})
	}
}

// While the breaker is tripped no call is recorded, except those that were about to
// be sent.
func TestOutageIsNotWrittenDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(notebook)
		list, wanted := many(16, region)
		s := scene{
			images: list, rows: wanted, retry: patient, rate: 100, age: time.Second, journal: n,
			faults: []ecssim.Fault{gone(time.Second, time.Minute)},
		}
		r := s.play(t.Context(), t)
		withdrawn, unsent := strings.Count(n.story(), "×"), strings.Count(n.story(), ":unsent")
		if applied := history.Totals(r.results)[plan.Applied]; applied != 16 || unsent != 5 || withdrawn == 0 || withdrawn > 16 {
			t.Errorf("%d applied, %d not sent, %d withdrawn: %s", applied, unsent, withdrawn, n.story())
		}
	})
}

// Without a wait for outages, an outage uses up the attempts.
func TestOutageThatIsNotToBeWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{
			images: images("m-1:a", "m-2:b"), rows: rows("m-1:A", "m-2:B"), retry: exact, workers: 1, age: 5 * time.Second,
			faults: []ecssim.Fault{gone(5*time.Second, 0)},
		}
		r := s.play(t.Context(), t)
		r.want("pending pending", "Unreachable Unreachable", "5 5", "a b")
		if got := r.told.states(); got != "" || r.took > time.Second {
			t.Errorf("told %q within %s", got, r.took)
		}
	})
}

// A lane that was never reached is not waited for.
func TestOutageAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{images: images("m-1:a"), faults: []ecssim.Fault{gone(0, 0)}}
		start := time.Now()
		inventories, err := batch.Load(t.Context(), s.build(t).lanes)
		if err != nil || inventories[0].Unread == nil {
			t.Errorf("%v, %+v", err, inventories)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// The end of the run ends the wait; calls in doubt have the grace.
func TestOutageIsNotWaitedForAfterTheEnd(t *testing.T) {
	for _, test := range []struct {
		name, outcomes, codes string
		faults                []ecssim.Fault
		took                  time.Duration
	}{
		{"nothing was sent", "pending pending", "Stopped Stopped", nil, time.Minute},
		{"an answer was lost", "unknown pending", "AnswerLost Stopped", []ecssim.Fault{write("reset-before", "m-1", 1)}, time.Minute + 10*time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				s := scene{
					images: images("m-1:a", "m-2:b"), rows: rows("m-1:A", "m-2:B"), retry: patient, age: 5 * time.Second, workers: 1,
					faults: append(test.faults, gone(5*time.Second, 0)),
					before: func(*stage, *plan.Plan) { time.AfterFunc(time.Minute, func() { cancel(errSignal) }) },
				}
				r := s.play(ctx, t)
				if got := r.outcomes(); got != test.outcomes {
					t.Errorf("outcomes: got %s, want %s\n%s", got, test.outcomes, r.messages())
				}
				if got := r.codes(); got != test.codes {
					t.Errorf("codes: got %s, want %s", got, test.codes)
				}
				if r.took != test.took {
					t.Errorf("took %s, want %s", r.took, test.took)
				}
			})
		})
	}
}

// A step that had a ticket when the breaker tripped needs a new one: after the
// reset, calls come at the gate's pace and not all at once.
func TestOutageKeepsThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list, wanted := many(40, region)
		var wire *tap
		s := scene{
			images: list, rows: wanted, retry: patient, age: time.Minute, // so that a read goes before each write
			faults: []ecssim.Fault{gone(65*time.Second, 5*time.Minute)},
			wire: func(next http.RoundTripper) http.RoundTripper {
				wire = &tap{RoundTripper: next}
				return wire
			},
			lane: func(l *batch.Lane) { l.Writes, l.Reads = pace.NewGate(2), pace.NewGate(100) },
		}
		s.server.Latency.Median = 4 * time.Second
		r := s.play(t.Context(), t)
		if n := history.Totals(r.results)[plan.Applied]; n != 40 {
			t.Errorf("%d applied\n%s", n, r.messages())
		}
		var writes []time.Time
		for _, call := range wire.sent {
			if call.write {
				writes = append(writes, call.at)
			}
		}
		// A read of 4 s may lie between ticket and call, for several at once.
		for i := 9; i < len(writes); i++ {
			if gap := writes[i].Sub(writes[i-9]); gap < 450*time.Millisecond {
				t.Errorf("ten writes within %s", gap)
			}
		}
	})
}

// A step that waits at a gate when the breaker trips does not send at its turn.
func TestOutageStopsThoseAtTheGate(t *testing.T) {
	for _, test := range []struct {
		name          string
		reads, writes float64 // a second
		faults        []ecssim.Fault
	}{
		{"of writes", 1000, 2, nil},
		{"of reads", 2, 1000, []ecssim.Fault{{Kind: "unavailable", Action: "write", Times: 16}}}, // each is read back
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				list, wanted := many(40, region)
				var wire *tap
				s := scene{
					images: list, rows: wanted, retry: patient, faults: append(test.faults, gone(2*time.Second, 5*time.Minute)),
					wire: func(next http.RoundTripper) http.RoundTripper {
						wire = &tap{RoundTripper: next}
						return wire
					},
					lane: func(l *batch.Lane) { l.Reads, l.Writes = pace.NewGate(test.reads), pace.NewGate(test.writes) },
				}
				s.retry.Base, s.retry.Cap = time.Second, time.Second // few of the workers fail before the others
				begin := time.Now().Add(2 * time.Second)
				r := s.play(t.Context(), t)
				if n := history.Totals(r.results)[plan.Applied]; n != 40 {
					t.Errorf("%d applied\n%s", n, r.messages())
				}
				// It takes five failures at two a second; probes are at 1, 3 and 7 s.
				reads, writes := wire.between(begin.Add(3*time.Second), begin.Add(9*time.Second))
				if writes > 0 || reads > 3 {
					t.Errorf("%d reads and %d writes while the breaker was tripped", reads, writes)
				}
			})
		})
	}
}

// No step waits for the breaker with a ticket in hand: it would hold up the probe of
// a gate that is shut.
func TestOutageGivesTicketsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{images: images("m-1:a"), rows: rows("m-1:b"), retry: patient, age: time.Minute, faults: []ecssim.Fault{gone(time.Minute, 5*time.Minute)}}
		s.before = func(st *stage, _ *plan.Plan) {
			gate := st.lanes[0].Writes
			ticket, _ := gate.Enter(t.Context())
			gate.Leave(ticket, pace.Reply{Answer: pace.Refused}) // one call at a time from now on
			time.AfterFunc(30*time.Second, func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				ticket, err := gate.Enter(ctx)
				if err != nil {
					t.Errorf("somebody keeps the ticket: %v", err)
					return
				}
				gate.Leave(ticket, pace.Reply{Answer: pace.Unused})
			})
		}
		s.play(t.Context(), t).want("applied", "-", "1", "b")
	})
}

// A write whose answer was lost in an outage does not cost its row the last attempt.
func TestOutageGivesLostAnswersBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{images: images("m-1:a"), rows: rows("m-1:b"), retry: patient, age: time.Second, faults: []ecssim.Fault{
			write("unavailable", "m-1", 4),
			{Kind: "reset-before", Image: "m-1", After: 4, Times: 1, Action: "write"},
			gone(10*time.Second+500*time.Millisecond, 5*time.Minute), // the listing, 4 writes with their reads, half of the 5th write
		}}
		s.server.Latency.Median = time.Second
		r := s.play(t.Context(), t)
		r.want("applied", "-", "6", "b")
		if r.took < 5*time.Minute {
			t.Errorf("it was over before the outage: %s\n%s", r.took, r.story())
		}
	})
}

// A throttled lane is not out of reach, and the other way round.
func TestOutageOfAThrottledLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{
			images: images("m-1:a", "m-2:b", "m-3:c"), rows: rows("m-1:A", "m-2:B", "m-3:C"), retry: patient, age: time.Minute, rate: 15,
			faults: []ecssim.Fault{
				{Kind: "throttle", Action: "any", At: time.Minute, For: 20 * time.Second},
				gone(80*time.Second, 5*time.Minute),
				{Kind: "throttle", Action: "any", At: 380 * time.Second, For: 20 * time.Second},
			},
		}
		r := s.play(t.Context(), t)
		r.want("applied applied applied", "- - -", "1 1 1", "A B C")
		if r.took < 340*time.Second || r.took > 380*time.Second {
			t.Errorf("took %s", r.took)
		}
	})
}
