package batch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/pace"
)

// Only throttling says that the quota is used up, and only an answer of the API
// says that some of it is left.
func TestReplySaysWhatACallTellsOfTheQuota(t *testing.T) {
	date := time.Date(2026, 11, 23, 3, 15, 2, 0, time.UTC)
	answer := func(code string) error {
		return &ecs.Error{Code: code, Status: 400, Sent: true, RequestID: "R", RetryAfter: 7 * time.Second, Date: date}
	}
	for _, test := range []struct {
		name string
		err  error
		want pace.Reply
	}{
		{"a success", nil, pace.Reply{Answer: pace.Accepted}},
		{"throttled", answer("Throttling.User"), pace.Reply{Answer: pace.Refused, Hint: 7 * time.Second, Clock: date}},
		{"refused by a rule", fmt.Errorf("row 1: %w", answer("InvalidParameter")), pace.Reply{Answer: pace.Accepted, Hint: 7 * time.Second, Clock: date}},
		{"a session that has ended", answer("InvalidSecurityToken.Expired"), pace.Reply{Answer: pace.Accepted, Hint: 7 * time.Second, Clock: date}},
		{"a failure of the API's own", answer("InternalError"), pace.Reply{Answer: pace.Unanswered, Hint: 7 * time.Second, Clock: date}},
		{"an answer that was lost", errCut, pace.Reply{Answer: pace.Unanswered}},
		{"never sent", &ecs.Error{Err: errors.New("connection refused")}, pace.Reply{Answer: pace.Unanswered}},
		{"no keys", errNoKeys, pace.Reply{Answer: pace.Unanswered}},
	} {
		if got := reply(ecs.Classify(test.err), test.err); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

// reading reads until the call is answered, and returns how often it was sent and
// how long that took.
func reading(t *testing.T, r Retry, call func(context.Context) error) (calls int, took time.Duration, err error) {
	t.Helper()
	start := time.Now()
	l := Lane{Reads: pace.NewGate(1000), Retry: r, API: reader{call: call}}.guarded(nil)
	_, err = read(t.Context(), l, func(ctx context.Context) (int, error) {
		calls++
		return 0, call(ctx)
	})
	return calls, time.Since(start), err
}

// A reader answers reads as call does, and nothing else.
type reader struct {
	API
	call func(context.Context) error
}

func (r reader) DescribeImages(ctx context.Context, _ ecs.Query) (ecs.Page, error) {
	return ecs.Page{}, r.call(ctx)
}

// A read whose attempts have all failed on their way is judged once it is known
// whether that was an outage.
func TestReadOutlastsAnOutage(t *testing.T) {
	for _, test := range []struct {
		name    string
		retry   Retry
		calls   int
		least   time.Duration
		reached bool
	}{
		{"waited for", Retry{Attempts: tripAfter, MaxOutage: time.Hour}, tripAfter + 1, 5 * time.Minute, true},
		{"for too long", Retry{Attempts: tripAfter, MaxOutage: time.Minute}, tripAfter, time.Minute, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end := time.Now().Add(5 * time.Minute)
				calls, took, err := reading(t, test.retry, func(context.Context) error {
					if time.Now().Before(end) {
						return errCut
					}
					return nil
				})
				if calls != test.calls || took < test.least || took > test.least+17*time.Second || test.reached && err != nil || !test.reached && !stoppedLane(err) {
					t.Errorf("%d calls within %s: %v", calls, took, err)
				}
			})
		})
	}
}

// Reads that the end of the run breaks off say nothing about the lane.
func TestBrokenOffReadsAreNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Lane{Reads: pace.NewGate(1000), Retry: DefaultRetry}.guarded(nil)
		ctx, cancel := context.WithCancelCause(t.Context())
		var all sync.WaitGroup
		for range 2 * tripAfter {
			all.Go(func() {
				_, err := read(ctx, l, func(ctx context.Context) (int, error) {
					<-ctx.Done()
					return 0, errCut
				})
				if err != errCut {
					t.Error(err)
				}
			})
		}
		time.Sleep(time.Second)
		cancel(errSettled)
		all.Wait()
		if _, up := l.breaker.allow(); !up {
			t.Error("the breaker tripped")
		}
	})
}

// Between two attempts there is a pause.
func TestReadPausesBetweenAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, took, err := reading(t, Retry{Attempts: 5, Base: time.Hour, Cap: time.Hour}, func(context.Context) error { return errBroken })
		if calls != 5 || err != errBroken || took < time.Minute || took > 4*time.Hour {
			t.Errorf("%d calls within %s: %v", calls, took, err)
		}
	})
}

// A probe is a read like any other: it waits for the pace of reads, and its result
// goes to their gate.
func TestProbeKeepsThePaceOfReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		l := Lane{API: reader{call: func(context.Context) error { reads++; return nil }}, Reads: pace.NewGate(1000), Writes: pace.NewGate(1000)}
		shut := func(g *pace.Gate, hint time.Duration) {
			ticket, _ := g.Enter(t.Context())
			g.Leave(ticket, pace.Reply{Answer: pace.Refused, Hint: hint})
		}
		shut(l.Writes, time.Hour)
		shut(l.Reads, 10*time.Second)
		start := time.Now()
		if err := l.probe(t.Context()); err != nil || reads != 1 || time.Since(start) < 10*time.Second || time.Since(start) > 11*time.Second {
			t.Errorf("%d reads, after %s: %v", reads, time.Since(start), err)
		}
		again := time.Now()
		if err := l.probe(t.Context()); err != nil || time.Since(again) > 10*time.Millisecond {
			t.Errorf("a read that was answered left the gate shut for %s: %v", time.Since(again), err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errSettled)
		if err := l.probe(ctx); err != errSettled || reads != 2 {
			t.Errorf("one that may not go: %v, %d reads", err, reads)
		}
	})
}
