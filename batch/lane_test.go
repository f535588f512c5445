package batch_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// An expired token is renewed each time it expires.
func TestStepFetchesAnExpiredTokenOnce(t *testing.T) {
	expired := func(after, times int) ecssim.Fault {
		return ecssim.Fault{Kind: "token-expired", After: after, Times: times, Action: "write"}
	}
	tests := []struct {
		name                             string
		faults                           []ecssim.Fault
		outcomes, codes, attempts, names string
		writes                           int
	}{
		{"once", []ecssim.Fault{expired(0, 1)}, "applied applied", "- -", "1 1", "b d", 3},
		{
			"twice, between calls that were taken",
			[]ecssim.Fault{expired(0, 1), {Kind: "unavailable", After: 1, Times: 1, Action: "write"}, expired(2, 1)},
			"applied applied", "- -", "2 1", "b d", 5,
		},
		{"for ever", []ecssim.Fault{expired(0, 0)}, "failed failed", words("InvalidSecurityToken.Expired", 2), "0 0", "a c", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{
					images: images("m-1:a", "m-2:c"), rows: rows("m-1:b", "m-2:d"), workers: 1, retry: exact,
					key:    ecssim.Key{AccessKeyID: "STS.key", Secret: "simulator", SecurityToken: "token"},
					faults: test.faults,
				}
				r := s.play(t.Context(), t)
				r.want(test.outcomes, test.codes, test.attempts, test.names)
				if n := len(r.writes()); n != test.writes {
					t.Errorf("%d writes, want %d", n, test.writes)
				}
			})
		})
	}
}

// A call that is refused for its date is sent again with the server's, each time
// the clock is wrong, at no cost to its row.
func TestStepLearnsTheClock(t *testing.T) {
	refused := func(after, times int) ecssim.Fault {
		return ecssim.Fault{Kind: "refuse", Code: "InvalidTimeStamp.Expired", After: after, Times: times, Action: "write"}
	}
	off := ecssim.Fault{Kind: "clock-off", By: 20 * time.Minute, At: 2 * time.Second}
	tests := []struct {
		name                             string
		faults                           []ecssim.Fault
		skew                             time.Duration
		outcomes, codes, attempts, names string
		writes                           int
	}{
		{name: "from the start", skew: 17 * time.Minute, outcomes: "applied applied", codes: "- -", attempts: "1 1", names: "b d", writes: 2},
		{name: "from the middle on", faults: []ecssim.Fault{off}, outcomes: "applied applied", codes: "- -", attempts: "1 1", names: "b d", writes: 3},
		{
			name: "twice, between calls that were taken", outcomes: "applied applied", codes: "- -", attempts: "2 1", names: "b d", writes: 5,
			faults: []ecssim.Fault{refused(0, 1), {Kind: "unavailable", After: 1, Times: 1, Action: "write"}, refused(2, 1)},
		},
		{
			name: "with a token that has run out", outcomes: "applied applied", codes: "- -", attempts: "1 1", names: "b d", writes: 4,
			faults: []ecssim.Fault{refused(0, 1), {Kind: "refuse", Code: "InvalidSecurityToken.Expired", After: 1, Times: 1, Action: "write"}},
		},
		{
			name: "for ever", faults: []ecssim.Fault{refused(0, 0)}, outcomes: "failed failed",
			codes: words("InvalidTimeStamp.Expired", 2), attempts: "0 0", names: "a c", writes: 2,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{
					images: images("m-1:a", "m-2:c"), rows: rows("m-1:b", "m-2:d"), workers: 1, retry: exact,
					faults: test.faults, server: ecssim.Config{ClockSkew: test.skew}, age: 3 * time.Second,
				}
				r := s.play(t.Context(), t)
				r.want(test.outcomes, test.codes, test.attempts, test.names)
				if n := len(r.writes()); n != test.writes {
					t.Errorf("%d writes, want %d", n, test.writes)
				}
			})
		})
	}
}

// A lane whose clock stays wrong for the read before the write is given up.
func TestTheClockStaysWrongForReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{
			images: images("m-1:a", "m-2:c"), rows: rows("m-1:b", "m-2:d"), workers: 1, retry: exact, age: time.Minute,
			faults: []ecssim.Fault{{Kind: "refuse", Code: "IllegalTimestamp", Action: "read", After: 1}},
		}
		r := s.play(t.Context(), t)
		r.want("failed failed", words("IllegalTimestamp", 2), "0 0", "a c")
		if n := len(r.calls("DescribeImages")); n != 1+2+2 {
			t.Errorf("%d reads, want the plan's, and two each of many images and of one", n)
		}
	})
}

// If the run is told to stop while a call is under way, its fate is found out.
func TestStepReadsBackInTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{images: images("m-1:a", "m-2:c"), rows: rows("m-1:b", "m-2:d"), faults: []ecssim.Fault{write("lost-after", "m-1", 1)}, workers: 1}
		ctx, cancel := context.WithCancelCause(t.Context())
		s.before = func(*stage, *plan.Plan) { time.AfterFunc(14*time.Second, func() { cancel(errSignal) }) }
		s.play(ctx, t).want("applied pending", "- Stopped", "1 0", "b c")
	})
}

// If there are no credentials, rows are not attempted.
func TestStepWithoutCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{images: images("m-1:a"), rows: rows("m-1:b"), retry: exact}
		s.before = func(st *stage, _ *plan.Plan) {
			st.lanes[0].API = ecs.NewClient(region, ecs.Config{Credentials: noKeys{}, HTTP: http.DefaultClient})
		}
		r := s.play(t.Context(), t)
		r.want("pending", "NoCredentials", "5", "a")
	})
}

type noKeys struct{}

func (noKeys) Credentials(context.Context) (ecs.Credentials, error) {
	return ecs.Credentials{}, errors.New("the session has ended")
}

// One refusal for lack of permission concerns an image, five in a row the account.
func TestForbiddenInARowStopsTheLane(t *testing.T) {
	forbidden := func(ids ...string) (faults []ecssim.Fault) {
		for _, id := range ids {
			faults = append(faults, write("forbidden", id, 0))
		}
		return faults
	}
	tests := []struct {
		name     string
		faults   []ecssim.Fault
		outcomes string
		writes   int
	}{
		{"four, then one that may", forbidden("m-0", "m-1", "m-2", "m-3", "m-5", "m-6"), "failed failed failed failed applied failed failed applied", 8},
		{"five", forbidden("m-0", "m-1", "m-2", "m-3", "m-4"), words("failed", 8), 5},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{
					images: images("m-0:a", "m-1:b", "m-2:c", "m-3:d", "m-4:e", "m-5:f", "m-6:g", "m-7:h"),
					rows:   rows("m-0:A", "m-1:B", "m-2:C", "m-3:D", "m-4:E", "m-5:F", "m-6:G", "m-7:H"),
					faults: test.faults, workers: 1,
				}
				r := s.play(t.Context(), t)
				if got := r.outcomes(); got != test.outcomes {
					t.Errorf("got %s, want %s", got, test.outcomes)
				}
				if n := len(r.writes()); n != test.writes {
					t.Errorf("%d writes, want %d", n, test.writes)
				}
			})
		})
	}
}

// What concerns the whole account stops its lane with the API's own words.
func TestDownStopsTheLane(t *testing.T) {
	for _, code := range []string{"InvalidAccessKeyId.Inactive", "InvalidTimeStamp.Format", "Account.Arrearage"} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{
					images: images("m-1:a", "m-2:b", "m-3:c", "m-4:d"), workers: 1,
					rows:   rows("m-1:A", "m-2:c", "m-3:C", "m-4:D"), // the second waits for the third
					faults: []ecssim.Fault{{Kind: "refuse", Code: code, Status: 403, Action: "write", After: 1}},
				}
				r := s.play(t.Context(), t)
				r.want("applied failed failed failed", strings.Join([]string{"-", code, code, code}, " "), "1 0 1 0", "A b c d")
				if n := len(r.writes()); n != 2 {
					t.Errorf("%d writes, want 2", n)
				}
				if r.results[3].RequestID != "" || r.results[2].RequestID == "" {
					t.Error("only the row that was sent has a request id")
				}
			})
		})
	}
}

// A row that turns out to be done while it waits for a gate's next probe leaves the
// probe to the next one.
func TestThrottledLaneGoesOnWithTheNextRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{
			images: images("m-1:a", "m-2:b", "m-3:c"), rows: rows("m-1:A", "m-2:B", "m-3:C"), workers: 3, age: time.Minute,
			rate:   15, // one at a time
			faults: []ecssim.Fault{{Kind: "throttle", Action: "write", Times: 1, By: 20 * time.Second, Hints: []string{"retry-after"}}},
		}
		s.before = func(st *stage, _ *plan.Plan) {
			time.AfterFunc(10*time.Second, func() { st.put("m-1", "theirs"); st.put("m-2", "B") })
		}
		r := s.play(t.Context(), t)
		r.want("conflict unchanged applied", "Changed - -", "0 0 1", "theirs B C")
		if r.took < 20*time.Second || r.took > 24*time.Second {
			t.Errorf("took %s", r.took)
		}
	})
}

// A quota per minute of the server's clock, which differs from ours, is probed at
// its next minute: the gates learn the time from refusals.
func TestThrottledLaneLearnsTheServersMinute(t *testing.T) {
	const ahead, minute = 20*time.Second + 300*time.Millisecond, time.Minute
	for _, action := range []string{"ModifyImageAttribute", "DescribeImages"} {
		t.Run(action, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				list, wanted := many(10, region)
				s := scene{images: list, rows: wanted, rate: 15, workers: 1, server: ecssim.Config{
					ClockSkew: ahead,
					Quotas:    map[string]ecssim.Quota{action: {Shape: ecssim.ClockWindow, Limit: 5, Window: minute}},
				}}
				if action == "DescribeImages" {
					s.faults = []ecssim.Fault{{Kind: "unavailable", Action: "write", Times: 10}} // each is read back
					s.retry = exact
					s.retry.Attempts = 20
				}
				start := time.Now().Add(ahead)
				r := s.play(t.Context(), t)
				if n := history.Totals(r.results)[plan.Applied]; n != 10 {
					t.Errorf("%d applied\n%s", n, r.messages())
				}
				var refused int
				for _, call := range r.calls(action) {
					if call.Verdict == ecssim.Throttled {
						refused++
						continue
					}
					if refused == 0 {
						continue
					}
					next := start.Truncate(minute).Add(minute)
					if late := call.Arrived.Sub(next); refused != 4 || late < 500*time.Millisecond || late > 2*time.Second {
						t.Errorf("accepted %s after the minute, %d calls were refused; want 4, at 0.5, 1.5 and 3.5 s", late, refused)
					}
					return
				}
				t.Error("nothing was refused")
			})
		})
	}
}
