package lifecycle_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/manifest"
)

// TestCallOfEndedRunIsWaitedFor: a call that had no answer and was sent again may
// land for the whole settle time, even if its run has ended. Nothing is listed
// before that is over.
func TestCallOfEndedRunIsWaitedFor(t *testing.T) {
	lost := ecssim.Fault{Kind: "reset-before", Image: "m-a", Action: "write", Times: 1}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lost)
		if e, err := w.process().apply(t.Context(), "a:x1"); err != nil || outcomes(e) != "applied" {
			t.Fatalf("%v, %v", e, err)
		}
		sent := w.server.History()
		first := slices.IndexFunc(sent, func(c ecssim.Call) bool { return c.Action == "ModifyImageAttribute" })
		settled := sent[first].Arrived.Add(time.Minute)
		time.Sleep(30 * time.Second)
		p := w.process()
		p.at = func(e lifecycle.Event) {
			if early := time.Until(settled); e == lifecycle.List && early > time.Second {
				t.Errorf("listed %s before the call was settled", early)
			}
		}
		if e, err := p.apply(t.Context(), "e:y1"); err != nil || outcomes(e) != "applied" {
			t.Fatalf("%v, %v", e, err)
		}
		if late := time.Since(settled); late > 2*time.Second {
			t.Errorf("done %s after the call was settled", late)
		}
	})
}

// TestAnyCommonLaneCounts: an unfinished run is taken care of if it has any lane
// in common with the job.
func TestAnyCommonLaneCounts(t *testing.T) {
	const ours, also, elsewhere = account + "/" + region, account + "/cn-beijing", account + "/cn-shanghai"
	for _, c := range []struct {
		name  string
		left  []string // lanes of the unfinished run
		lanes []string // regions of the job
		want  bool
	}{
		{"the only lane", []string{ours}, []string{region}, true},
		{"its second lane", []string{elsewhere, ours}, []string{region}, true},
		{"the job's second lane", []string{also}, []string{region, "cn-beijing"}, true},
		{"the second of both", []string{elsewhere, also}, []string{region, "cn-beijing"}, true},
		{"none", []string{elsewhere}, []string{region, "cn-beijing"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.begin(runs.Head{Job: "another", Source: "other.csv", Lanes: c.left, Rows: 1})
				p := w.process()
				p.Connect = func(ctx context.Context, rows []manifest.Row) (*lifecycle.Connection, error) {
					conn, err := w.connect(ctx, rows)
					for _, name := range c.lanes[1:] {
						lane := conn.Lanes[0]
						lane.Region = name
						conn.Lanes = append(conn.Lanes, lane)
					}
					return conn, err
				}
				if _, err := p.apply(t.Context(), "a:x1"); err != nil {
					t.Fatal(err)
				}
				if got := has[lifecycle.Dropped](w); got != c.want {
					t.Errorf("the unfinished run was looked at: %t", got)
				}
			})
		})
	}
}

// begin leaves a run behind that was killed before its plan was sealed.
func (w *world) begin(head runs.Head) {
	w.Helper()
	state, err := runs.Open(w.state)
	if err != nil {
		w.Fatal(err)
	}
	defer state.Close()
	folder, err := state.NewRun(time.Now())
	if err == nil {
		err = errors.Join(folder.Begin(head), folder.Close())
	}
	if err != nil {
		w.Fatal(err)
	}
}

// TestResumeAsksForTheAccount: a run is neither resumed nor closed with the keys
// of another account.
func TestResumeAsksForTheAccount(t *testing.T) {
	for name, do := range map[string]func(*lifecycle.Life, context.Context, runs.Info) (*lifecycle.Ending, error){
		"resume": (*lifecycle.Life).Resume, "abandon": (*lifecycle.Life).Abandon,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.leave(job...)
				before := len(w.server.History())
				p := w.process()
				p.Connect = func(ctx context.Context, rows []manifest.Row) (*lifecycle.Connection, error) {
					c, err := w.connect(ctx, rows)
					c.Lanes[0].Lane = plan.Lane{Account: "2000000000000002", Region: region}
					return c, err
				}
				w.refused(p, do, "the plan is for account "+account+", the credentials are for 2000000000000002")
				p = w.process()
				p.Guards.ExpectAccount = "2000000000000002"
				w.refused(p, do, "the account for cn-hangzhou is "+account+", --expect-account says 2000000000000002")
				if n := len(w.server.History()); n != before {
					t.Errorf("%d calls for another account", n-before)
				}
				if left := w.unfinished(); len(left) != 1 {
					t.Errorf("unfinished: %v", left)
				}
			})
		})
	}
}

// refused takes up the only unfinished run and checks that its account is refused.
func (w *world) refused(p *process, do func(*lifecycle.Life, context.Context, runs.Info) (*lifecycle.Ending, error), why string) {
	w.Helper()
	var err error
	if p.State, err = runs.Open(w.state); err != nil {
		w.Fatal(err)
	}
	defer p.State.Close()
	left, err := p.State.Unfinished()
	if err != nil || len(left) != 1 {
		w.Fatalf("unfinished: %v, %v", left, err)
	}
	_, err = do(&p.Life, w.Context(), left[0])
	if _, ok := errors.AsType[*lifecycle.AccountError](err); !ok || !strings.Contains(err.Error(), why) {
		w.Errorf("got %v, want %s", err, why)
	}
}

// TestAllLanesOfTheUnfinishedAreLocked: a run that shares a lane with the job is
// left alone while somebody holds another one of its lanes.
func TestAllLanesOfTheUnfinishedAreLocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		const elsewhere = account + "/cn-shanghai"
		w.begin(runs.Head{Job: "another", Source: "other.csv", Lanes: []string{account + "/" + region, elsewhere}, Rows: 1})
		state, err := runs.Open(w.state)
		if err != nil {
			t.Fatal(err)
		}
		defer state.Close()
		locks, err := state.Lock(t.Context(), []string{elsewhere}, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = locks.Release() }()
		_, err = w.process().apply(t.Context(), "a:x1")
		if _, ok := errors.AsType[*runs.HeldError](err); !ok || has[lifecycle.Dropped](w) || w.sent() > 0 {
			t.Errorf("got %v, want that the lane is held", err)
		}
	})
}

// TestUnreadableRunIsInTheWay: a run that cannot be read may have any lane, and
// may be unfinished.
func TestUnreadableRunIsInTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.leave(job...)
		before := w.sent()
		head := filepath.Join(w.state, "runs", w.unfinished()[0].ID, "head.json")
		if err := os.WriteFile(head, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.process().apply(t.Context(), "e:y1"); err == nil || w.sent() != before {
			t.Errorf("it began: %v", err)
		}
	})
}

// TestCopiesAreOfTheJobOnly: copies of a report are not made for a run that was
// closed to make way.
func TestCopiesAreOfTheJobOnly(t *testing.T) {
	playOne(t, starts[2], func(w *world, s start) {
		w.finish(s)
		if len(w.copies) != 1 {
			t.Errorf("copies of %q, want those of the job", w.copies)
		}
	})
}
