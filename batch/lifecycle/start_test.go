package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/lifecycle"
)

// The job of these tests has a ring in it; the other one gets as far as its first
// row. What it did is there to stay.
var (
	job   = []string{"a:x1", "b:cc", "c:bb", "d:x2"}
	other = []string{"e:y1", "f:y2"}
)

// A start is what a job finds.
type start struct {
	name   string
	leave  []string // rows of an unfinished run
	steps  string   // of an undisturbed process
	names  string   // that the images have in the end
	writes int      // that it takes, those of the unfinished run among them
}

var starts = []start{
	{
		name: "nothing left", names: "x1 cc bb x2 ee ff", writes: 5,
		steps: "lock find settle list match check seal execute report close",
	},
	{
		name: "the same job left", leave: job, names: "x1 cc bb x2 ee ff", writes: 5,
		steps: "lock find settle list match list execute report close",
	},
	{
		name: "another job left", leave: other, names: "x1 cc bb x2 y1 ff", writes: 6,
		steps: "lock find settle list match list check clear list execute report close settle list check seal execute report close",
	},
}

// play plays a test of each start, in a bubble of its own.
func play(t *testing.T, test func(*world, start), faults ...ecssim.Fault) {
	for _, s := range starts {
		t.Run(s.name, func(t *testing.T) { playOne(t, s, test, faults...) })
	}
}

func playOne(t *testing.T, s start, test func(*world, start), faults ...ecssim.Fault) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, faults...)
		if s.leave != nil {
			w.leave(s.leave...)
		}
		test(w, s)
	})
}

// finish applies the job without disturbance and holds what is there then against
// what the start promises.
func (w *world) finish(s start) {
	w.Helper()
	e, err := w.process().apply(w.Context(), job...)
	if err != nil {
		w.Fatal(err)
	}
	got := outcomes(e)
	for _, word := range strings.Fields(got) {
		if word != "applied" && word != "unchanged" {
			w.Errorf("the rows are %s", got)
		}
	}
	if w.copies[len(w.copies)-1] != got {
		w.Errorf("the rows are %s, the reports say %q", got, w.copies)
	}
	if names := w.names(); names != s.names {
		w.Errorf("the names are %s, want %s", names, s.names)
	}
	if n := w.sent(); n != s.writes {
		w.Errorf("%d writes, want %d", n, s.writes)
	}
	if left := w.unfinished(); len(left) > 0 {
		w.Errorf("unfinished: %v", left)
	}
}

// TestSteps: the steps come in the order of the package comment.
func TestSteps(t *testing.T) {
	play(t, func(w *world, s start) {
		w.finish(s)
		if got := strings.Join(w.steps(), " "); got != s.steps {
			w.Errorf("the steps are\n%s, want\n%s", got, s.steps)
		}
	})
}

// atStep returns what does something when step number n begins.
func atStep(n int, do func()) func(lifecycle.Event) {
	return func(e lifecycle.Event) {
		if _, ok := e.(lifecycle.Step); ok {
			if n--; n < 0 {
				do()
			}
		}
	}
}

// eachStep plays a test for each step of each start: a process is disturbed when
// step n begins.
func eachStep(t *testing.T, test func(w *world, s start, n int)) {
	for _, s := range starts {
		for n, step := range strings.Fields(s.steps) {
			t.Run(fmt.Sprintf("%s/%d %s", s.name, n, step), func(t *testing.T) {
				playOne(t, s, func(w *world, s start) { test(w, s, n) })
			})
		}
	}
}

// TestKilledAtAnyStep: the next process finishes what one has begun that was
// killed, and no call is made twice.
func TestKilledAtAnyStep(t *testing.T) {
	eachStep(t, func(w *world, s start, n int) {
		p := w.process()
		p.at = atStep(n, func() { panic(errKilled) })
		if e, err := p.apply(w.Context(), job...); e != nil || err != nil {
			w.Fatalf("not killed: %v, %v", e, err)
		}
		w.finish(s)
	})
}

// TestStoppedAtAnyStep: a process that is stopped sends nothing more, says so,
// and leaves the rest to the next one.
func TestStoppedAtAnyStep(t *testing.T) {
	stop := errors.New("stopped")
	eachStep(t, func(w *world, s start, n int) {
		ctx, cancel := context.WithCancelCause(w.Context())
		defer cancel(nil)
		p := w.process()
		before := 0
		p.at = atStep(n, func() {
			if ctx.Err() == nil {
				before = w.sent()
				cancel(stop)
			}
		})
		e, err := p.apply(ctx, job...)
		_, nothing := errors.AsType[*lifecycle.StoppedError](err)
		last := strings.HasSuffix(strings.Join(w.steps(), " "), "report close") && n >= len(strings.Fields(s.steps))-2
		switch {
		case last: // all is done but for the paper
			if err != nil || e.Stopped != nil {
				w.Errorf("%v, %v", err, e)
			}
		case err != nil && (!nothing || !errors.Is(err, stop)), err == nil && e.Stopped != stop:
			w.Errorf("it does not say that it was stopped: %v, %v", err, e)
		case e != nil && len(w.copies) == 0:
			w.Error("there is no report")
		}
		if after := w.sent(); after != before {
			w.Errorf("%d writes after it was stopped", after-before)
		}
		w.finish(s)
	})
}

// TestDeadlineAtAnyTime: wherever a deadline strikes, the process ends within the
// grace, and the next one finishes the rest.
func TestDeadlineAtAnyTime(t *testing.T) {
	const pace = 70 * time.Millisecond
	for _, s := range starts {
		for n := 1; ; n++ {
			over := false
			t.Run(fmt.Sprintf("%s/%d", s.name, n), func(t *testing.T) {
				playOne(t, s, func(w *world, s start) {
					began, patience := time.Now(), time.Duration(n)*pace
					if s.leave != nil && n > 3 {
						patience += 11900 * time.Millisecond // calls of the unfinished run are waited for
					}
					ctx, cancel := context.WithTimeout(w.Context(), patience)
					defer cancel()
					e, err := w.process().apply(ctx, job...)
					over = err == nil && e.Stopped == nil
					if took := time.Since(began) - patience; took > 10*time.Second {
						w.Errorf("it went on for %s", took)
					}
					w.finish(s)
				})
			})
			if over || t.Failed() {
				break
			}
		}
	}
}

// TestLateCallIsWaitedFor: a call without an answer of a run that was left is
// waited for before the images are listed, and so is one of a run that has ended.
func TestLateCallIsWaitedFor(t *testing.T) {
	lost := ecssim.Fault{Kind: "lost-after", Image: "m-e", Action: "write", Times: 1}
	playOne(t, starts[2], func(w *world, s start) {
		w.finish(s)
		sent := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // as every bubble begins
		if waited := time.Since(sent); waited < time.Minute || !has[lifecycle.Settling](w) || !has[lifecycle.Waited](w) {
			w.Errorf("done %s after the call was sent", waited)
		}
	}, lost)
}

// TestPlanOfNoRunIsDropped: a run that was killed before its plan was on disk has
// sent nothing, and nothing is resumed.
func TestPlanOfNoRunIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.process()
		p.at = func(e lifecycle.Event) {
			if e == lifecycle.Execute {
				panic(errKilled)
			}
		}
		_, _ = p.apply(t.Context(), job...)
		left := w.unfinished()
		if len(left) != 1 {
			t.Fatalf("unfinished: %v", left)
		}
		if err := os.Remove(filepath.Join(w.state, "runs", left[0].ID, "plan.json")); err != nil {
			t.Fatal(err)
		}
		w.finish(starts[0])
		if !has[lifecycle.Dropped](w) || has[lifecycle.Resuming](w) {
			t.Errorf("told of %v", w.said)
		}
	})
}
