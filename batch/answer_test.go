package batch_test

import (
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// A lateNotebook takes some time to write down an answer, as on a busy machine,
// and may then fail.
type lateNotebook struct {
	notebook
	fails bool
}

func (n *lateNotebook) Append(r history.Record) error {
	if r.Kind == history.Answer {
		time.Sleep(time.Millisecond)
		if n.fails {
			return errFull
		}
	}
	return n.notebook.Append(r)
}

// However long it takes to judge an answer, no other call goes out that the
// answer forbids.
func TestAnswersAreJudgedBeforeTheNextCall(t *testing.T) {
	down := ecssim.Fault{Kind: "refuse", Code: "InvalidAccessKeyId.Inactive", Status: 403, Action: "write"}
	denied := ecssim.Fault{Kind: "refuse", Code: "Forbidden.RAM", Status: 403, Action: "write"}
	for _, c := range []struct {
		name    string
		workers int
		fails   bool
		faults  []ecssim.Fault
		most    int // writes
	}{
		{"keys that are not accepted", 2, false, []ecssim.Fault{down}, 2},
		{"the fifth refusal for lack of permission", 5, false, []ecssim.Fault{denied}, 9},
		{"the fifth failure on the way", 5, false, []ecssim.Fault{write("reset-before", "", 5)}, 9},
		{"a journal that fails", 2, true, nil, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, calls, _ := watched(24)
				s.workers, s.journal, s.retry = c.workers, &lateNotebook{fails: c.fails}, patient
				s.server.Latency.Median = 100 * time.Millisecond
				s.faults = c.faults
				begin := time.Now() // 100 ms to list the images, 100 ms for the first writes
				r := s.play(t.Context(), t)
				if _, writes := calls.between(begin, begin.Add(290*time.Millisecond)); writes > c.most {
					t.Errorf("%d writes, want %d at most\n%s", writes, c.most, r.messages())
				}
			})
		})
	}
}

// A refusal for pace shuts the gate before another call takes its place.
func TestRefusalsForPaceAreJudgedBeforeTheNextCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, calls, _ := watched(24)
		s.workers, s.journal = 2, new(lateNotebook)
		s.server.Latency.Median = 100 * time.Millisecond
		s.faults = []ecssim.Fault{write("throttle", "", 2)}
		begin := time.Now()
		r := s.play(t.Context(), t)
		if _, writes := calls.between(begin, begin.Add(400*time.Millisecond)); writes != 2 {
			t.Errorf("%d writes before the first probe, want 2", writes)
		}
		if n := history.Totals(r.results)[plan.Applied]; n != 24 {
			t.Errorf("%d of 24 applied\n%s", n, r.messages())
		}
	})
}
