package batch_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
)

// troubles are the lane events of a run. In every run of a scene, each trouble
// begins before it ends and ends before it begins again, and nothing follows a
// lane's end.
type troubles struct {
	t     *testing.T
	lanes int
	heard []batch.LaneEvent
}

func (h *troubles) note(e batch.LaneEvent) {
	if e.Lane < 0 || e.Lane >= h.lanes || e.Since.IsZero() || e.At.Before(e.Since) {
		h.t.Errorf("lane event %+v", e)
	}
	began := make(map[batch.LaneState]time.Time)
	for _, before := range h.heard {
		if before.Lane != e.Lane {
			continue
		}
		switch before.State {
		case batch.Unreachable, batch.Throttled:
			began[before.State] = before.Since
		case batch.Reachable:
			delete(began, batch.Unreachable)
		case batch.Unthrottled:
			delete(began, batch.Throttled)
		case batch.GivenUp:
			h.t.Errorf("%s after the lane was given up", e.State)
		}
	}
	switch e.State {
	case batch.Unreachable, batch.Throttled:
		if since, ok := began[e.State]; ok {
			h.t.Errorf("%s, as it has been since %s", e.State, since)
		}
	case batch.Reachable:
		if since := began[batch.Unreachable]; !since.Equal(e.Since) {
			h.t.Errorf("reachable after an outage since %s, told was one since %s", e.Since, since)
		}
	case batch.Unthrottled:
		if since := began[batch.Throttled]; !since.Equal(e.Since) {
			h.t.Errorf("unthrottled after %s, told was %s", e.Since, since)
		}
	case batch.GivenUp:
	}
	h.heard = append(h.heard, e)
}

// states are the states that were reported, of all lanes.
func (h *troubles) states() string {
	text := ""
	for i, e := range h.heard {
		if i > 0 {
			text += " "
		}
		text += fmt.Sprintf("%d:%s", e.Lane, e.State)
	}
	return text
}

// within reports whether a time is so long after another one.
func within(at, after time.Time, least, most time.Duration) bool {
	d := at.Sub(after)
	return d >= least && d <= most
}

// Of several lanes, only the one that is out of reach is reported: once a probe has
// failed too, and when it answers again.
func TestOutageIsTold(t *testing.T) {
	const start, length = 5 * time.Second, 5 * time.Minute
	synctest.Test(t, func(t *testing.T) {
		s := scene{regions: make(map[string][]ecssim.Image), rate: 15, age: time.Second}
		for _, region := range []string{"cn-a", "cn-b", "cn-c"} {
			list, wanted := many(200, region)
			s.regions[region] = list
			s.rows = append(s.rows, wanted...)
		}
		s.faults = []ecssim.Fault{{Kind: "outage", At: start, For: length, Region: "cn-b"}}
		begin := time.Now().Add(start)
		r := s.play(t.Context(), t)
		if got := r.told.states(); got != "1:unreachable 1:reachable" {
			t.Fatalf("told %s", got)
		}
		down, up := r.told.heard[0], r.told.heard[1]
		const want = "DescribeImages: dial tcp: connect: network is unreachable"
		if !within(down.Since, begin, 0, time.Second) || !within(down.At, down.Since, 900*time.Millisecond, 2*time.Second) || down.Err.Error() != want {
			t.Errorf("out of reach since %s, told after %s: %v", down.Since.Sub(begin), down.At.Sub(down.Since), down.Err)
		}
		if !within(up.At, begin.Add(length), 0, 17*time.Second) || up.Err != nil {
			t.Errorf("reached again after %s: %v", up.At.Sub(begin), up.Err)
		}
	})
}

// Failures that the first probe contradicts trip the breaker for a moment and are
// not reported.
func TestOutageOfAMomentIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list, wanted := many(40, region)
		s := scene{images: list, rows: wanted, retry: patient, faults: []ecssim.Fault{{Kind: "refused", Action: "write", Times: 6}}}
		s.retry.Attempts = 10
		r := s.play(t.Context(), t)
		if n := history.Totals(r.results)[plan.Applied]; n != 40 || r.took < 900*time.Millisecond {
			t.Fatalf("%d applied within %s: the breaker did not trip", n, r.took)
		}
		if got := r.told.states(); got != "" {
			t.Errorf("told %s", got)
		}
	})
}

// Each of several outages is reported, and so is the end of a lane.
func TestOutageForTooLongIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list, wanted := many(2000, region)
		s := scene{images: list, rows: wanted, rate: 15, age: time.Second, faults: []ecssim.Fault{gone(5*time.Second, time.Minute), gone(100*time.Second, 0)}}
		r := s.play(t.Context(), t)
		if got := r.told.states(); got != "0:unreachable 0:reachable 0:unreachable 0:given-up" {
			t.Fatalf("told %s", got)
		}
		down, end := r.told.heard[2], r.told.heard[3]
		outage, ok := errors.AsType[*batch.OutageError](end.Err)
		if !ok || outage.Length != 30*time.Minute || end.At.Sub(end.Since) != 30*time.Minute || !end.Since.Equal(down.Since) {
			t.Errorf("given up %s after %s: %v", end.At.Sub(end.Since), end.Since, end.Err)
		}
	})
}

// An outage that lasts no longer than the first probe takes is reported too.
func TestShortOutageForTooLongIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{images: images("m-1:a"), rows: rows("m-1:b"), retry: patient, age: time.Second, faults: []ecssim.Fault{gone(time.Second, 0)}}
		s.retry.MaxOutage = 100 * time.Millisecond
		if got := s.play(t.Context(), t).told.states(); got != "0:unreachable 0:given-up" {
			t.Errorf("told %s", got)
		}
	})
}

// A run that is told to stop in an outage does not report its end.
func TestOutageAtTheEndIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		s := scene{
			images: images("m-1:a"), rows: rows("m-1:b"), retry: patient, age: 5 * time.Second, faults: []ecssim.Fault{gone(5*time.Second, 0)},
			before: func(*stage, *plan.Plan) { time.AfterFunc(time.Minute, func() { cancel(errSignal) }) },
		}
		if got := s.play(ctx, t).told.states(); got != "0:unreachable" {
			t.Errorf("told %s", got)
		}
	})
}

// A quota that is used up for long is reported, of reads and writes as one, and so
// is that calls are accepted again or the lane is given up.
func TestThrottledIsTold(t *testing.T) {
	throttled := func(action string, length time.Duration) ecssim.Fault {
		return ecssim.Fault{Kind: "throttle", Action: action, At: 5 * time.Second, For: length, By: time.Second, Hints: []string{"retry-after"}, Region: "cn-b"}
	}
	tests := []struct {
		name   string
		faults []ecssim.Fault
		told   string
		lasted time.Duration // at least, to the second event
	}{
		{"writes for a moment", []ecssim.Fault{throttled("write", 3*time.Second)}, "", 0},
		{"writes for long", []ecssim.Fault{throttled("write", 20*time.Second)}, "1:throttled 1:unthrottled", 20 * time.Second},
		{"reads for long", []ecssim.Fault{throttled("read", 20*time.Second)}, "1:throttled 1:unthrottled", 20 * time.Second},
		{"both for long", []ecssim.Fault{throttled("any", 20*time.Second)}, "1:throttled 1:unthrottled", 20 * time.Second},
		{"writes for ever", []ecssim.Fault{throttled("write", 0)}, "1:throttled 1:given-up", pace.Patience},
		{"both for ever", []ecssim.Fault{throttled("any", 0)}, "1:throttled 1:given-up", pace.Patience},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{regions: make(map[string][]ecssim.Image), rate: 15, age: time.Second, faults: test.faults, retry: patient}
				for _, region := range []string{"cn-a", "cn-b"} {
					list, wanted := many(200, region)
					s.regions[region] = list
					s.rows = append(s.rows, wanted...)
				}
				begin := time.Now().Add(5 * time.Second)
				r := s.play(t.Context(), t)
				if got := r.told.states(); got != test.told {
					t.Fatalf("told %s, want %s", got, test.told)
				}
				if len(r.told.heard) == 0 {
					return
				}
				held, end := r.told.heard[0], r.told.heard[1]
				if !within(held.Since, begin, 0, 6*time.Second) || held.At.Sub(held.Since) != 5*time.Second || held.Err != nil {
					t.Errorf("throttled since %s, told after %s: %v", held.Since.Sub(begin), held.At.Sub(held.Since), held.Err)
				}
				if !within(end.At, begin, test.lasted, test.lasted+10*time.Second) || (end.State == batch.GivenUp) != (end.Err == pace.ErrThrottledOut) {
					t.Errorf("the end after %s: %v", end.At.Sub(begin), end.Err)
				}
			})
		})
	}
}

// A gate is shut before the run begins and still when it ends.
func TestThrottledFromTheStartToTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		s := scene{images: images("m-1:a"), rows: rows("m-1:b")}
		var shut time.Time
		s.before = func(st *stage, _ *plan.Plan) {
			shut = time.Now()
			ticket, _ := st.lanes[0].Writes.Enter(t.Context())
			st.lanes[0].Writes.Leave(ticket, pace.Reply{Answer: pace.Refused, Hint: time.Minute})
			time.Sleep(3 * time.Second)
			time.AfterFunc(10*time.Second, func() { cancel(errSignal) })
		}
		r := s.play(ctx, t)
		if got := r.told.states(); got != "0:throttled" || !r.told.heard[0].Since.Equal(shut) || r.told.heard[0].At.Sub(shut) != 5*time.Second {
			t.Errorf("told %s: %+v", got, r.told.heard)
		}
	})
}

// A lane whose work is done is no longer reported while others work, even if its
// quota is still used up.
func TestThrottledLaneThatIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy, wanted := many(200, "cn-busy")
		done := row("m-1:b")
		done.RegionID = region
		s := scene{
			regions: map[string][]ecssim.Image{region: images("m-1:a"), "cn-busy": busy},
			rows:    append(wanted, done), rate: 15, age: time.Minute, // so that the row is found done before it is sent
		}
		s.before = func(st *stage, _ *plan.Plan) {
			st.put("m-1", "b")
			ticket, _ := st.lanes[1].Writes.Enter(t.Context())
			st.lanes[1].Writes.Leave(ticket, pace.Reply{Answer: pace.Refused, Hint: time.Minute})
		}
		r := s.play(t.Context(), t)
		if got := r.told.states(); got != "" || r.took < 10*time.Second {
			t.Errorf("told %s within %s", got, r.took)
		}
		if got := r.results[200].Outcome; got != plan.Unchanged {
			t.Errorf("the row is %s", got)
		}
	})
}

// The observer of lanes delays nobody.
func TestRunIsNotHeldUpByItsLaneObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list, wanted := many(100, region)
		s := scene{images: list, rows: wanted, rate: 15, age: time.Second, faults: []ecssim.Fault{gone(2*time.Second, 10*time.Second)}}
		s.hear = func(batch.LaneEvent) { time.Sleep(time.Hour) }
		start := time.Now()
		r := s.play(t.Context(), t)
		if n := since(r.server.History(), start.Add(time.Minute)); n != 0 {
			t.Errorf("%d calls came late", n)
		}
		if got := r.told.states(); got != "0:unreachable 0:reachable" || r.took < 2*time.Hour {
			t.Errorf("told %s within %s", got, r.took)
		}
	})
}
