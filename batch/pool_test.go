package batch_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// A slow notebook takes some time for each sync, as a disk does.
type slowNotebook struct {
	notebook
	sync time.Duration
}

func (n *slowNotebook) Commit(r history.Record) error {
	time.Sleep(n.sync)
	return n.Append(r)
}

// watched is a scene with many rows that notes their calls, and how many at once.
func watched(n int) (s *scene, calls *tap, writers *crowd) {
	calls, writers = new(tap), new(crowd)
	s = &scene{rate: 1e6}
	s.images, s.rows = many(n, region)
	s.wire = func(next http.RoundTripper) http.RoundTripper {
		calls.RoundTripper = next
		writers.RoundTripper = calls
		return writers
	}
	return s, calls, writers
}

// writeTimes are when writes went out, counted from the first.
func (t *tap) writeTimes() (at []time.Duration) {
	var first time.Time
	for _, s := range t.sent {
		if s.write && first.IsZero() {
			first = s.at
		}
		if s.write {
			at = append(at, s.at.Sub(first))
		}
	}
	return at
}

// While calls are under way, as many others are recorded: the disk, which takes as
// long as a call here, costs only the time of the first sync.
func TestCallsDoNotWaitForTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, calls, writers := watched(40)
		s.workers, s.journal = 4, &slowNotebook{sync: 10 * time.Millisecond}
		s.server.Latency.Median = 10 * time.Millisecond
		r := s.play(t.Context(), t)
		if n := history.Totals(r.results)[plan.Applied]; n != 40 || writers.most != 4 {
			t.Errorf("%d of 40 applied, up to %d calls at once, want 4", n, writers.most)
		}
		if at := calls.writeTimes(); at[39] != 90*time.Millisecond {
			t.Errorf("ten rounds of four calls: the last went out %s after the first, want 90ms", at[39])
		}
	})
}

// One worker does one row after the other, even if the first has to wait.
func TestOneWorkerKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(notebook)
		s := scene{
			images: images("m-1:a", "m-2:b", "m-3:c"), rows: rows("m-1:A", "m-2:B", "m-3:C"), workers: 1, journal: n,
			faults: []ecssim.Fault{write("unavailable", "m-1", 2)},
		}
		s.play(t.Context(), t).want("applied applied applied", "- - -", "3 1 1", "A B C")
		want := "0→AA 0:ambiguous 0→AA 0:ambiguous 0→AA 0:applied 1→BB 1:applied 2→CC 2:applied"
		if got := n.story(); !strings.HasPrefix(got, want) {
			t.Errorf("got  %s\nwant %s …", got, want)
		}
	})
}

// Where the pace is slow, as many rows wait for it as there are workers.
func TestFewWaitForThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, calls, _ := watched(40)
		s.workers, s.rate, s.journal = 4, 1, new(notebook)
		var goroutines atomic.Int64
		s.before = func(*stage, *plan.Plan) {
			before := runtime.NumGoroutine()
			time.AfterFunc(30*time.Second, func() { goroutines.Store(int64(runtime.NumGoroutine() - before)) })
		}
		s.server.Latency.Median = 100 * time.Millisecond
		r := s.play(t.Context(), t)
		for i, at := range calls.writeTimes() {
			waited := time.Duration(r.results[i].Started - r.results[0].Started)
			if i >= 5 && at-waited > 5*time.Second {
				t.Errorf("row %d began %s before its call, want 5s at most", i, at-waited)
			}
		}
		if n := goroutines.Load(); n > 9 { // five of them workers
			t.Errorf("%d goroutines for a run with 4 workers and a slow pace", n)
		}
	})
}

// A call that was recorded is not sent once the gate is shut.
func TestShutGateKeepsBackWhatIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(notebook)
		s, calls, _ := watched(20)
		s.workers, s.journal = 2, n
		s.server.Latency = ecssim.Latency{Median: 200 * time.Millisecond, Refuse: 20 * time.Millisecond}
		s.faults = []ecssim.Fault{write("throttle", "", 1)}
		r := s.play(t.Context(), t)
		if got := history.Totals(r.results)[plan.Applied]; got != 20 {
			t.Errorf("%d of 20 applied", got)
		}
		for _, at := range calls.writeTimes() { // the refusal is there after 100 ms, and 0.5 s later a probe goes
			if at > 101*time.Millisecond && at < 540*time.Millisecond {
				t.Errorf("a call %s after the first, while the gate was shut\n%s", at, n.story())
			}
		}
		if !strings.Contains(n.story(), "×") {
			t.Errorf("nothing was written down while the gate was shut: %s", n.story())
		}
		if got, want := strings.Count(n.story(), "→")-strings.Count(n.story(), "×"), len(r.writes()); got != want {
			t.Errorf("%d calls in the journal, %d sent", got, want)
		}
	})
}

// An image that changes while its recorded call waits for others is left alone.
func TestWrittenCallsAreSeenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(notebook)
		s, _, _ := watched(6)
		s.workers, s.journal = 2, n
		s.server.Latency.Median = 12 * time.Second
		s.before = func(st *stage, _ *plan.Plan) {
			st.seen = time.Now()
			time.AfterFunc(5*time.Second, func() {
				for _, image := range s.images[2:5] {
					st.put(image.ID, "by-hand-"+image.ID)
				}
			})
		}
		r := s.play(t.Context(), t)
		if totals := history.Totals(r.results); totals[plan.Applied] != 3 || totals[plan.Conflict] != 3 {
			t.Errorf("%v\n%s", totals, n.story())
		}
	})
}

// The same if its last read grows old meanwhile, however short the wait.
func TestWrittenCallsKeepTheirSightFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := watched(4)
		s.workers, s.journal = 2, new(notebook)
		s.server.Latency.Median = 800 * time.Millisecond
		s.before = func(st *stage, _ *plan.Plan) {
			st.seen = time.Now().Add(-9500 * time.Millisecond)
			time.AfterFunc(300*time.Millisecond, func() {
				for _, image := range s.images {
					st.put(image.ID, "by-hand-"+image.ID)
				}
			})
		}
		r := s.play(t.Context(), t)
		if n := len(r.writes()); n != 2 {
			t.Errorf("%d writes, want the 2 of fresh reads\n%s", n, r.messages())
		}
	})
}

// An intent is recorded anew if its call has waited long: a resume takes its time
// for that of the call.
func TestIntentsAreOfTheTimeOfTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(notebook)
		s, calls, _ := watched(12)
		s.workers, s.journal = 2, n
		s.server.Latency.Median = 3 * time.Second
		s.play(t.Context(), t)
		var intents []time.Time // of calls that were sent
		open := make(map[int]time.Time)
		for _, record := range n.records {
			switch record.Kind {
			case history.Intent:
				open[record.Row] = record.At
			case history.Answer:
				intents = append(intents, open[record.Row])
			}
		}
		i := 0
		for _, sent := range calls.sent {
			if !sent.write {
				continue
			}
			if waited := sent.at.Sub(intents[i]); waited > time.Second {
				t.Errorf("call %d was sent %s after its intent", i, waited)
			}
			i++
		}
		if i != 12 {
			t.Errorf("%d calls, want 12", i)
		}
	})
}

// A run that is told to stop sends no more recorded calls.
func TestStopKeepsBackWhatIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		n := new(notebook)
		s, _, _ := watched(12)
		s.workers, s.journal = 2, n
		s.server.Latency.Median = time.Second
		s.before = func(*stage, *plan.Plan) {
			time.AfterFunc(500*time.Millisecond, func() { cancel(errSignal) })
		}
		r := s.play(ctx, t)
		if totals := history.Totals(r.results); totals[plan.Applied] != 2 || totals[plan.Pending] != 10 || len(r.writes()) != 2 {
			t.Errorf("%d writes, %v, want the 2 that were under way", len(r.writes()), totals)
		}
		for row, past := range replay(n.records).Past() {
			if past.Sent != (r.results[row].Outcome == plan.Applied) {
				t.Errorf("row %d, by its journal: %+v\n%s", row, past, n.story())
			}
		}
	})
}

// Nor does it send calls that were being recorded.
func TestStopWhileWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		s, _, _ := watched(12)
		s.workers, s.journal = 2, &slowNotebook{sync: time.Second}
		s.before = func(*stage, *plan.Plan) {
			time.AfterFunc(500*time.Millisecond, func() { cancel(errSignal) })
		}
		if r := s.play(ctx, t); r.outcomes() != words("pending", 12) || len(r.writes()) != 0 {
			t.Errorf("%d writes\n%s", len(r.writes()), r.messages())
		}
	})
}

// Where every call would fail, recorded ones fail without being sent.
func TestLaneDownKeepsBackWhatIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := watched(12)
		s.workers, s.journal = 2, new(notebook)
		s.server.Latency.Median = 100 * time.Millisecond
		s.faults = []ecssim.Fault{{Kind: "refuse", Code: "InvalidAccessKeyId.Inactive", Status: 403, Action: "write"}}
		if r := s.play(t.Context(), t); r.outcomes() != words("failed", 12) || len(r.writes()) != 2 {
			t.Errorf("%d writes, want the 2 that were under way\n%s", len(r.writes()), r.messages())
		}
	})
}

// Once five calls have failed on their way, recorded ones wait until the network is
// back.
func TestTrippedBreakerKeepsBackWhatIsWritten(t *testing.T) {
	for _, workers := range []int{2, 8} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, calls, _ := watched(200)
				s.workers, s.journal, s.retry = workers, new(notebook), patient
				s.server.Latency.Median = 100 * time.Millisecond
				s.faults = []ecssim.Fault{gone(1010*time.Millisecond, time.Minute)}
				begin := time.Now()
				r := s.play(t.Context(), t)
				if n := history.Totals(r.results)[plan.Applied]; n != 200 {
					t.Errorf("%d of 200 applied", n)
				}
				if _, writes := calls.between(begin.Add(1010*time.Millisecond), begin.Add(time.Minute)); writes > 5 {
					t.Errorf("%d writes went out while the network was gone, want 5 at most", writes)
				}
			})
		})
	}
}
