package lifecycle_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// TestJobWithNothingToDoLeavesOthersAlone: neither a job that is done already nor
// one whose rows are all refused closes the run of another one.
func TestJobWithNothingToDoLeavesOthersAlone(t *testing.T) {
	for _, rows := range [][]string{{"a:aa"}, {"nosuch:zz"}, {"a:aa", "nosuch:zz"}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.leave(other...)
			sent := w.sent()
			e, err := w.process().apply(t.Context(), rows...)
			if err != nil || e.Run != "" || !has[lifecycle.Leaving](w) || has[lifecycle.Closing](w) {
				t.Errorf("%v: %v, told of %v", rows, err, w.said)
			}
			if w.sent() != sent || len(w.unfinished()) != 1 {
				t.Errorf("%v: %d calls, unfinished: %v", rows, w.sent()-sent, w.unfinished())
			}
		})
	}
}

// TestParkedImageIsLeftToWhoRenamesIt: a run that cannot get an image out of its
// temporary name keeps the lane, until a job renames that image or the run is
// abandoned.
func TestParkedImageIsLeftToWhoRenamesIt(t *testing.T) {
	ring := []string{"b:cc", "c:bb"}
	for _, test := range []struct {
		name    string
		rows    []string // of the next job; none abandons the run
		outcome string
		closed  bool
		names   string
	}{
		{"another job", []string{"e:y1"}, "pending", false, "aa * bb"},
		{"a job that renames the image", []string{"b:free", "e:y1"}, "applied applied", true, "aa free bb"},
		{"abandoned", nil, "stranded applied", true, "aa * bb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.leave(ring...)
				w.put("f", "cc")
				p := w.process()
				var e *lifecycle.Ending
				var err error
				if test.rows == nil {
					e, err = p.abandon(t.Context(), w.unfinished()[0])
				} else {
					e, err = p.apply(t.Context(), test.rows...)
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := outcomes(e); got != test.outcome {
					t.Errorf("the rows are %s, want %s", got, test.outcome)
				}
				if closed := len(w.unfinished()) == 0; closed != test.closed {
					t.Errorf("closed: %v", closed)
				}
				if uncertain := e.Standing() == history.Uncertain; uncertain != (test.rows == nil || !test.closed) {
					t.Errorf("standing: %v", e.Standing())
				}
				if got := w.names(); !strings.HasPrefix(masked(got), test.names) {
					t.Errorf("the names are %s, want %s", got, test.names)
				}
			})
		})
	}
}

// masked shows temporary names as stars.
func masked(names string) string {
	words := strings.Fields(names)
	for i, name := range words {
		if plan.IsTemporary(name) {
			words[i] = "*"
		}
	}
	return strings.Join(words, " ")
}

// put names an image as somebody else would.
func (w *world) put(id, name string) {
	w.Helper()
	for _, image := range w.server.Images(account, region) {
		if image.ID == "m-"+id {
			image.Name = name
			if err := w.server.Put(account, region, image); err != nil {
				w.Fatal(err)
			}
		}
	}
}

// abandon closes a run as one process.
func (p *process) abandon(ctx context.Context, info runs.Info) (*lifecycle.Ending, error) {
	var err error
	if p.State, err = runs.Open(p.state); err != nil {
		p.Fatal(err)
	}
	defer p.State.Close()
	return p.Abandon(ctx, info)
}
