package lifecycle_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/lifecycle"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// TestFilesThatContradict: a run whose files do not belong together is not taken
// up, closed or reported, and keeps other jobs from starting: what it did is not
// known.
func TestFilesThatContradict(t *testing.T) {
	replaced := func(old, text string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			b, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(b), old) {
				t.Fatalf("%v: %s", err, b)
			}
			put(t, path, strings.ReplaceAll(string(b), old, text))
		}
	}
	removed := func(t *testing.T, path string) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, file string
		change     func(t *testing.T, path string)
		want       string
	}{
		{"no plan", "plan.json", removed, "plan.json: it is missing, but the journal has calls"},
		{"no journal", "journal.jsonl", removed, "journal.jsonl: it is missing"},
		{"an emptied journal", "journal.jsonl", func(t *testing.T, path string) { put(t, path, "") }, "journal.jsonl: it is empty"},
		{"other lanes", "head.json", replaced("cn-hangzhou", "cn-beijing"), "head.json: its lanes are"},
		{"fewer rows", "head.json", replaced(`"rows": 2`, `"rows": 1`), "head.json: it says 1 row, the journal 2"},
		{"the head of another job", "head.json", replaced(`"job": "v2:`, `"job": "v2:0`), "head.json: it is about another job than the plan"},
		{"no head", "head.json", removed, "head.json: it is missing"},
		{"the plan of another run", "plan.json", otherPlan, "plan.json: it is not the plan that the journal is about"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.leave("a:AA", "b:BB")
				info := w.unfinished()[0]
				tt.change(t, filepath.Join(w.state, "runs", info.ID, tt.file))
				sent := w.sent()
				for name, err := range w.attempts(info.ID) {
					if damage, ok := errors.AsType[*runs.DamagedError](err); !ok || !strings.Contains(err.Error(), tt.want) || damage.Hint() == "" {
						t.Errorf("%s: %v", name, err)
					}
				}
				if w.sent() != sent {
					t.Error("calls were sent")
				}
			})
		})
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// otherPlan puts the plan of the same job, made another time, in place of a run's
// own.
func otherPlan(t *testing.T, path string) {
	time.Sleep(time.Hour)
	w := newWorld(t)
	w.leave("a:AA", "b:BB")
	text, err := os.ReadFile(filepath.Join(w.state, "runs", w.unfinished()[0].ID, "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, path, string(text))
}

// attempts are what may be tried with a run, each with its error.
func (w *world) attempts(id string) map[string]error {
	w.Helper()
	errs := make(map[string]error)
	p := w.process()
	_, errs["the same job"] = p.apply(w.Context(), "a:AA", "b:BB")
	_, errs["another job"] = p.apply(w.Context(), "a:other")
	var err error
	if p.State, err = runs.Open(w.state); err != nil {
		w.Fatal(err)
	}
	defer p.State.Close()
	_, errs["report"] = lifecycle.Rebuild(p.State, id)
	run, err := p.State.OpenRun(id)
	if err != nil {
		w.Fatal(err)
	}
	info := run.Info()
	if err := run.Close(); err != nil {
		w.Fatal(err)
	}
	if info.Problem == nil { // else the command stops there
		_, errs["resume"] = p.Resume(w.Context(), info)
		_, errs["abandon"] = p.Abandon(w.Context(), info)
	}
	return errs
}

// TestJournalHasOneWriter: a second process does not take up a run that is at
// work, even if the lock files were removed by hand.
func TestJournalHasOneWriter(t *testing.T) {
	for name, second := range map[string]string{"the same job": "a:AA b:BB", "another job": "a:other"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.writes = pace.NewGate(0.01)
				first := w.process()
				done := make(chan error, 1)
				go func() {
					_, err := first.apply(t.Context(), "a:AA", "b:BB")
					done <- err
				}()
				time.Sleep(10 * time.Second)
				locks, err := filepath.Glob(filepath.Join(w.state, "locks", "*"))
				if err != nil || len(locks) != 1 || os.Remove(locks[0]) != nil {
					t.Fatal(locks, err)
				}
				sent := w.sent()
				other := *w
				_, err = other.process().apply(t.Context(), strings.Fields(second)...)
				if held, ok := errors.AsType[*runs.HeldError](err); !ok || !strings.HasSuffix(held.File, "/journal.jsonl") {
					t.Errorf("the second process: %v", err)
				}
				if sent == 0 || w.sent() != sent {
					t.Errorf("%d calls, %d by the second process", sent, w.sent()-sent)
				}
				if err := <-done; err != nil || w.names() != "AA BB cc dd ee ff" {
					t.Errorf("the first process: %v, %s", err, w.names())
				}
			})
		})
	}
}

// TestLockRemovedBeforeTheSeal: who has waited for consent seals nothing if the
// lock file is gone: another process may have locked the lane meanwhile.
func TestLockRemovedBeforeTheSeal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.process()
		p.Consent = func(context.Context, *plan.Plan, []runs.Info) error {
			locks, err := filepath.Glob(filepath.Join(w.state, "locks", "*"))
			if err != nil || len(locks) != 1 {
				t.Fatal(locks, err)
			}
			return os.Remove(locks[0])
		}
		_, err := p.apply(t.Context(), "a:AA")
		if err == nil || !strings.Contains(err.Error(), "was removed while it was locked") || w.sent() > 0 || len(w.unfinished()) > 0 {
			t.Errorf("%v, %d calls, unfinished %v", err, w.sent(), w.unfinished())
		}
	})
}
