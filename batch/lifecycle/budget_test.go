package lifecycle_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"imgrename/batch"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/lifecycle"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// refusing refuses each change of some images.
func refusing(ids ...string) (faults []ecssim.Fault) {
	for _, id := range ids {
		faults = append(faults, ecssim.Fault{Kind: "refuse", Code: "InvalidParameter", Status: 400, Action: "write", Image: "m-" + id})
	}
	return faults
}

var six = []string{"a:x1", "b:x2", "c:x3", "d:x4", "e:x5", "f:x6"}

// within returns a process with one worker that allows so many failures. Its
// writes are further apart than an answer takes: each is judged before the next
// call.
func (w *world) within(failures int) *process {
	w.writes = pace.NewGate(5)
	p := w.process()
	p.Workers, p.Guards.Limits.Failures.Rows = 1, failures
	return p
}

// resume resumes the only unfinished run.
func (p *process) resume(ctx context.Context) *lifecycle.Ending {
	p.Helper()
	left := p.unfinished()
	if len(left) != 1 {
		p.Fatalf("unfinished: %v", left)
	}
	var err error
	if p.State, err = runs.Open(p.state); err != nil {
		p.Fatal(err)
	}
	defer p.State.Close()
	e, err := p.Resume(ctx, left[0])
	if err != nil {
		p.Fatal(err)
	}
	return e
}

// expect holds an ending against what it should be: the outcomes, whether the limit
// of failures was exceeded, and how many calls were sent by then.
func (w *world) expect(e *lifecycle.Ending, want string, exceeded bool, sent int) {
	w.Helper()
	if got := outcomes(e); got != want {
		w.Errorf("the rows are %s, want %s", got, want)
	}
	if _, is := errors.AsType[*plan.LimitError](e.Stopped); is != exceeded {
		w.Errorf("stopped: %v", e.Stopped)
	}
	if got := w.sent(); got != sent {
		w.Errorf("%d writes, want %d", got, sent)
	}
}

// TestFailuresCountOverResumes: what failed in a process that was killed counts in
// the next one, which has the limit of the first unless it is given another.
func TestFailuresCountOverResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, refusing("a", "b", "c", "d")...)
		p := w.within(2)
		failed := 0
		stop, cancel := context.WithCancel(t.Context())
		p.at = func(e lifecycle.Event) {
			if row, ok := e.(lifecycle.Row); ok && row.Kind == batch.Decided {
				if failed++; failed == 2 {
					cancel()
				}
			}
		}
		e, err := p.apply(stop, six...)
		if err != nil {
			t.Fatal(err)
		}
		w.expect(e, "failed failed pending pending pending pending", false, 2)

		// Both are tried again and count once; the third is one too many.
		w.expect(w.within(0).resume(t.Context()), "failed failed failed pending pending pending", true, 5)
		for range 2 {
			e := w.within(0).resume(t.Context())
			w.expect(e, "failed failed failed pending pending pending", true, 5)
			if !e.Left || e.Applied {
				t.Errorf("left %v, applied %v", e.Left, e.Applied)
			}
		}
		w.expect(w.within(2).resume(t.Context()), "failed failed failed pending pending pending", true, 5)
		w.expect(w.within(4).resume(t.Context()), "failed failed failed failed applied applied", false, 11)
	})
}

// TestFailedRowThatIsDoneDoesNotCount: a row that a resume does after all is no
// failure any more.
func TestFailedRowThatIsDoneDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		once := refusing("a", "b", "e", "f")
		once[0].Times, once[1].Times = 1, 1
		w := newWorld(t, once...)
		e, err := w.within(1).apply(t.Context(), six...)
		if err != nil {
			t.Fatal(err)
		}
		w.expect(e, "failed failed pending pending pending pending", true, 2)
		w.expect(w.within(2).resume(t.Context()), "applied applied applied applied failed failed", false, 8)
	})
}

// TestRunWithoutLimitIsResumedWithout: as those of earlier versions are.
func TestRunWithoutLimitIsResumedWithout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, refusing("b", "c", "d", "e", "f")...)
		w.leave(six...)
		w.expect(w.within(0).resume(t.Context()), "applied failed failed failed failed failed", false, 6)
	})
}

// TestLimitOfAJobStopsNoOther: a run that is closed for a job does not count
// against that job's limit, and one that its own limit has stopped can be closed.
func TestLimitOfAJobStopsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, refusing("a", "b")...)
		e, err := w.within(1).apply(t.Context(), six...)
		if err != nil {
			t.Fatal(err)
		}
		w.expect(e, "failed failed pending pending pending pending", true, 2)
		if e, err = w.within(1).apply(t.Context(), "c:y3", "d:y4"); err != nil {
			t.Fatal(err)
		}
		w.expect(e, "applied applied", false, 4)
		if left := w.unfinished(); len(left) > 0 {
			t.Errorf("unfinished: %v", left)
		}
	})
}

// TestPlanOfFailuresIsRefused: what is known to fail before the first call keeps
// the job from starting.
func TestPlanOfFailuresIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		_, err := w.within(1).apply(t.Context(), "a:x1", "y:x2", "z:x3")
		if _, refused := errors.AsType[*lifecycle.GuardError](err); !refused || w.sent() != 0 || len(w.unfinished()) != 0 {
			t.Errorf("%v, %d writes", err, w.sent())
		}
		e, err := w.within(2).apply(t.Context(), "a:x1", "y:x2", "z:x3")
		if err != nil {
			t.Fatal(err)
		}
		w.expect(e, "applied refused refused", false, 1)
	})
}
