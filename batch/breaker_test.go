package batch

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/pace"
)

var (
	errCut     = &ecs.Error{Action: "DescribeImages", Sent: true, Err: errors.New("connection reset")}
	errPage    = &ecs.Error{Action: "DescribeImages", Sent: true, Status: 502, Err: errors.New("the reply is not the API's")}
	errRefused = &ecs.Error{Action: "DescribeImages", Sent: true, Status: 403, Code: "Forbidden.RAM", RequestID: "R"}
	errBroken  = &ecs.Error{Action: "DescribeImages", Sent: true, Status: 500, Code: "InternalError", RequestID: "R"}
	errNoKeys  = errors.New("the session has ended")
)

// Five failures in a row trip a breaker, and any answer of the API starts the count
// anew.
func TestBreakerTrips(t *testing.T) {
	for _, tt := range []struct {
		name    string
		results []error
		tripped bool
	}{
		{"four failures", []error{errCut, errPage, errCut, errPage}, false},
		{"five failures", []error{errCut, errPage, errCut, errPage, errCut}, true},
		{"a success between", []error{errCut, errCut, errCut, errCut, nil, errCut, errCut, errCut, errCut}, false},
		{"a refusal between", []error{errCut, errCut, errCut, errCut, errRefused, errCut}, false},
		{"a failure of the API's own between", []error{errCut, errCut, errCut, errCut, errBroken, errCut}, false},
		{"failures of the API's own", []error{errBroken, errBroken, errBroken, errBroken, errBroken, errBroken}, false},
		{"no keys say nothing", []error{errCut, errCut, errNoKeys, errCut, errCut, errNoKeys, errCut}, true},
		{"no keys", []error{errNoKeys, errNoKeys, errNoKeys, errNoKeys, errNoKeys, errNoKeys}, false},
		{"keys out of reach", []error{ecs.ErrUnreachable, ecs.ErrUnreachable, errCut, errCut, ecs.ErrUnreachable}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBreaker(time.Minute, nil)
			for i, err := range tt.results {
				spell, up := b.allow()
				if !up {
					t.Fatalf("tripped after %d", i)
				}
				b.done(spell, err)
			}
			if _, up := b.allow(); up == tt.tripped {
				t.Errorf("up: %v", up)
			}
		})
	}
}

// trippedBreaker is a breaker that has just tripped, and the streak that did it.
func trippedBreaker(t *testing.T, limit time.Duration, probe func(context.Context) error) (*breaker, *streak) {
	t.Helper()
	b := newBreaker(limit, probe)
	spell, _ := b.allow()
	var s *streak
	for range tripAfter {
		s = b.done(spell, errCut)
	}
	if _, up := b.allow(); up {
		t.Fatal("not tripped")
	}
	return b, s
}

// However many wait, one probe at a time goes out, at growing intervals, and the
// last one when the outage reaches its limit.
func TestBreakerProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 67 * time.Second
		start := time.Now()
		var at []time.Duration
		b, _ := trippedBreaker(t, limit, func(context.Context) error {
			at = append(at, time.Since(start))
			return errPage
		})
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				err := b.wait(t.Context())
				if stop, ok := errors.AsType[*OutageError](err); !ok || stop.Length != limit || stop.Err != errPage || time.Since(start) != limit {
					t.Errorf("after %s: %v", time.Since(start), err)
				}
			})
		}
		all.Wait()
		var before time.Duration
		exact := 0
		for i, pause := range []time.Duration{1, 2, 4, 8, 15, 15, 15} {
			pause *= time.Second
			if i >= len(at) || (at[i]-before-pause).Abs() > pause/10 {
				t.Fatalf("probes at %v: number %d is not %s after the one before", at, i, pause)
			}
			if at[i]-before == pause {
				exact++
			}
			before = at[i]
		}
		if exact == 7 {
			t.Error("several runs would probe in step")
		}
		if n := len(at); n != 8 || at[7] != limit {
			t.Errorf("probes at %v, the last not at %s", at, limit)
		}
		if err := b.wait(t.Context()); !stoppedLane(err) {
			t.Errorf("somebody who comes later: %v", err)
		}
		spell, _ := b.allow()
		b.done(spell, nil)
		if _, up := b.allow(); up {
			t.Error("the breaker of a lane that has stopped was reset")
		}
	})
}

// An outage lasts from its first failure, not from when the breaker trips.
func TestBreakerCountsFromTheFirstFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(time.Minute, func(context.Context) error { return errCut })
		spell, _ := b.allow()
		start := time.Now()
		for range tripAfter {
			b.done(spell, errCut)
			time.Sleep(4 * time.Second)
		}
		err := b.wait(t.Context())
		if stop, ok := errors.AsType[*OutageError](err); !ok || stop.Length != time.Minute || time.Since(start) != time.Minute {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}

// The first answer of any kind lets all calls pass again.
func TestBreakerResets(t *testing.T) {
	for _, answer := range []error{nil, errRefused, errBroken, &ecs.Error{Code: "Throttling", Status: 400, RequestID: "R"}} {
		synctest.Test(t, func(t *testing.T) {
			probes := 0
			b, s := trippedBreaker(t, time.Hour, func(context.Context) error {
				if probes++; probes < 4 {
					return errCut
				}
				return answer
			})
			start := time.Now()
			var all sync.WaitGroup
			for range 16 {
				all.Go(func() {
					if err := b.wait(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if took := time.Since(start); took < 13500*time.Millisecond || took > 16500*time.Millisecond || probes != 4 {
				t.Errorf("%v: took %s and %d probes", answer, took, probes)
			}
			if !s.outage.Load() {
				t.Error("the failures were not put down to the outage")
			}
		})
	}
}

// Failures that the first probe contradicts are not put down to an outage.
func TestBreakerBlamesNoOutageWithoutAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := trippedBreaker(t, time.Hour, func(context.Context) error { return nil })
		if err := b.wait(t.Context()); err != nil || s.outage.Load() {
			t.Errorf("%v, outage %v", err, s.outage.Load())
		}
	})
}

// Calls that were sent before the breaker tripped are part of that outage, however
// late they fail, and do not trip it again; one that is answered resets it.
func TestBreakerKnowsOldCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := error(errCut)
		b, s := trippedBreaker(t, time.Hour, func(context.Context) error {
			err := answer
			answer = nil
			return err
		})
		old := b.spell
		if got := b.done(old, errCut); got != s {
			t.Error("a failure while the breaker is tripped is of another streak")
		}
		if err := b.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 * tripAfter {
			if got := b.done(old, errCut); got != s || !got.outage.Load() {
				t.Error("a failure after the reset is of another streak")
			}
		}
		if _, up := b.allow(); !up {
			t.Error("old failures tripped the breaker again")
		}
		b, _ = trippedBreaker(t, time.Hour, nil)
		b.done(b.spell, errRefused)
		if err := b.wait(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// Those who still wait take over the probes of one who has given up.
func TestBreakerHandsTheProbeOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		probes := 0
		b, s := trippedBreaker(t, time.Hour, func(ctx context.Context) error {
			if probes++; probes > 1 {
				return nil
			}
			<-ctx.Done()
			return &ecs.Error{Sent: true, Err: ctx.Err()}
		})
		ctx, cancel := context.WithTimeoutCause(t.Context(), 5*time.Second, errSettled)
		defer cancel()
		var first sync.WaitGroup
		first.Go(func() {
			if err := b.wait(ctx); err != errSettled {
				t.Errorf("the first: %v", err)
			}
		})
		synctest.Wait()
		time.Sleep(2 * time.Second) // it probes
		start := time.Now()
		if err := b.wait(t.Context()); err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("the second, after %s: %v", time.Since(start), err)
		}
		first.Wait()
		if s.outage.Load() {
			t.Error("a probe that was broken off counts as failed")
		}
	})
}

var errSettled = errors.New("settled")

// The wait ends when the gate of reads lets no probe through any more.
func TestBreakerThrottledOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := trippedBreaker(t, time.Hour, func(context.Context) error { return pace.ErrThrottledOut })
		if err := b.wait(t.Context()); err != pace.ErrThrottledOut {
			t.Error(err)
		}
	})
}

func TestBreakerEndsContextsWhenItTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(time.Hour, nil)
		ctx, cancel := b.untilTripped(t.Context())
		defer cancel()
		spell, _ := b.allow()
		for range tripAfter {
			if ctx.Err() != nil {
				t.Fatal("ended too early")
			}
			b.done(spell, errCut)
		}
		<-ctx.Done()
		if context.Cause(ctx) != errTripped {
			t.Error(context.Cause(ctx))
		}
		late, cancel := b.untilTripped(t.Context())
		defer cancel()
		<-late.Done()
	})
}
