package lifecycle_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/pace"
	"imgrename/batch/runs"
)

// cutOff takes the locks of this process away, as the server of a shared folder does
// with those of a host that it has given up.
func (w *world) cutOff() {
	w.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		w.Fatal(err)
	}
	for _, entry := range fds {
		path, _ := os.Readlink("/proc/self/fd/" + entry.Name())
		fd, _ := strconv.Atoi(entry.Name())
		if kind := filepath.Ext(path); strings.HasPrefix(path, w.state) && (kind == ".lock" || kind == ".jsonl") {
			if err := syscall.Flock(fd, syscall.LOCK_UN); err != nil {
				w.Fatal(err)
			}
		}
	}
}

// A process is cut off from the state folder while it waits to send its next call.
// Another one takes its run over, and ends it. The first one comes back: it sends
// nothing more, and what its successor has written stays as it is.
func TestCutOff(t *testing.T) {
	for _, test := range []struct {
		name  string
		end   func(*lifecycle.Life) func(context.Context, runs.Info) (*lifecycle.Ending, error)
		first string // the outcomes that the first one has
		names string
		sent  int
	}{
		{"finished", func(l *lifecycle.Life) func(context.Context, runs.Info) (*lifecycle.Ending, error) { return l.Resume }, "applied unchanged unchanged", "AA BB CC", 3},
		{"closed", func(l *lifecycle.Life) func(context.Context, runs.Info) (*lifecycle.Ending, error) { return l.Abandon }, "applied pending pending", "AA bb cc", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.writes = pace.NewGate(0.02)
				first := w.process()
				first.Workers = 1
				var lost error
				first.CheckLocks(func() error { return lost })
				var folder string
				var left map[string]string // the files of the run, as the second one left them
				first.at = func(e lifecycle.Event) {
					if row, ok := e.(lifecycle.Row); !ok || row.Kind != batch.Acknowledged || folder != "" {
						return
					}
					info := w.unfinished()[0]
					folder = filepath.Join(w.state, "runs", info.ID)
					w.cutOff()
					lost = &runs.LostError{Err: syscall.EIO}
					w.writes = pace.NewGate(1000)
					second := w.process()
					var err error
					if second.State, err = runs.Open(w.state); err != nil {
						t.Fatal(err)
					}
					defer second.State.Close()
					if _, err := test.end(&second.Life)(t.Context(), info); err != nil {
						t.Errorf("the second one: %v", err)
					}
					left = filesIn(t, folder)
					w.copies = nil
				}
				e, err := first.apply(t.Context(), "a:AA", "b:BB", "c:CC")
				if err != nil {
					t.Fatal(err)
				}
				if !e.TakenOver() || e.Standing() != history.Unfinished || !strings.Contains(e.Stopped.Error(), "another host took over") {
					t.Errorf("the first one: %v, standing %v", e.Stopped, e.Standing())
				}
				if e.Unended != nil || e.Unwritten != nil || len(w.copies) != 1 || outcomes(e) != test.first {
					t.Errorf("its end: %v, %v, copies %q, %s", e.Unended, e.Unwritten, w.copies, outcomes(e))
				}
				if got := w.names(); got != test.names+" dd ee ff" || w.sent() != test.sent {
					t.Errorf("names %q after %d calls", got, w.sent())
				}
				now := filesIn(t, folder)
				if !strings.HasPrefix(now["journal.jsonl"], left["journal.jsonl"]) {
					t.Error("the first journal has changed in the middle")
				}
				left["journal.jsonl"] = now["journal.jsonl"] // an intent was recorded before it was known
				if diff := cmp.Diff(left, now); diff != "" || now["journal-2.jsonl"] == "" {
					t.Errorf("files: %s", diff)
				}
				if len(w.unfinished()) != 0 {
					t.Error("the run is unfinished")
				}
			})
		})
	}
}

func filesIn(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[entry.Name()] = string(text)
	}
	return all
}

// Locks that were lost while a person was asked, or while the images were listed, are
// found before anything is written.
func TestLostBeforeTheStart(t *testing.T) {
	for _, test := range []struct {
		name string
		left []string // the rows of a run that is unfinished
		rows []string
	}{
		{"a new run", nil, []string{"a:AA"}},
		{"a run that is resumed", []string{"a:AA", "b:BB"}, []string{"a:AA", "b:BB"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				before := make(map[string]string)
				if test.left != nil {
					w.leave(test.left...)
					before = filesIn(t, filepath.Join(w.state, "runs", w.unfinished()[0].ID))
				}
				sent := w.sent()
				p := w.process()
				p.CheckLocks(func() error { return &runs.LostError{Err: syscall.EIO} })
				p.at = func(e lifecycle.Event) {
					if e == lifecycle.List {
						time.Sleep(time.Minute)
					}
				}
				e, err := p.apply(t.Context(), test.rows...)
				if _, lost := errors.AsType[*runs.LostError](err); !lost || e != nil {
					t.Errorf("%v, %v", e, err)
				}
				if w.sent() != sent {
					t.Errorf("%d calls", w.sent()-sent)
				}
				if test.left == nil {
					if entries, _ := os.ReadDir(filepath.Join(w.state, "runs")); len(entries) > 0 {
						t.Errorf("%d runs were begun", len(entries))
					}
				} else if diff := cmp.Diff(before, filesIn(t, filepath.Join(w.state, "runs", w.unfinished()[0].ID))); diff != "" {
					t.Errorf("files: %s", diff)
				}
			})
		})
	}
}

// A job that closes the run of another one for its own sake ends as well if it finds
// its locks lost by then.
func TestLostWhileMakingWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.leave("a:AA", "b:BB")
		info := w.unfinished()[0]
		sent := w.sent()
		p := w.process()
		var lost error
		p.CheckLocks(func() error { return lost })
		p.at = func(e lifecycle.Event) {
			if _, closing := e.(lifecycle.Closing); closing {
				lost = &runs.LostError{Err: syscall.EIO}
			}
		}
		e, err := p.apply(t.Context(), "c:CC")
		if err != nil || !e.TakenOver() || e.Run != "" || outcomes(e) != "pending" || e.Standing() != history.Unfinished {
			t.Errorf("%v, %+v", err, e)
		}
		if left := w.unfinished(); w.sent() != sent || len(left) != 1 || left[0].ID != info.ID {
			t.Errorf("%d calls, unfinished %v", w.sent()-sent, left)
		}
	})
}
