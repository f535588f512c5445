package lifecycle

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// paper writes the copies of a report to files.
type paper []string

func (paper) Own(io.Writer, *Ending) error { return nil }

func (p paper) Copies(*Ending) error {
	var failed []error
	for _, file := range p {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// newRun makes a run in a state folder of its own.
func newRun(t *testing.T) (*Life, *run) {
	t.Helper()
	state, err := runs.Open(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = state.Close() })
	folder, err := state.NewRun(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	life := &Life{State: state, Reports: paper(nil), Tell: func(Event) {}, Code: func(history.Standing) int { return 0 }}
	return life, &run{folder: folder, plan: new(plan.Plan)}
}

// A report that cannot be written keeps none of the others from being written,
// and each of them is said, the copies first.
func TestEachReportThatCannotBeWrittenIsSaid(t *testing.T) {
	for _, test := range []struct {
		name   string
		broken []string
	}{
		{"none", nil},
		{"a copy", []string{"copy.csv"}},
		{"all copies", []string{"copy.csv", "copy.jsonl"}},
		{"the run's own", []string{"report.csv"}},
		{"all", []string{"copy.csv", "copy.jsonl", "report.csv"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			life, run := newRun(t)
			folder := t.TempDir()
			files := []string{filepath.Join(folder, "copy.csv"), filepath.Join(folder, "copy.jsonl"), filepath.Join(run.folder.Root().Name(), "report.csv")}
			broken := func(file string) bool { return slices.Contains(test.broken, filepath.Base(file)) }
			for _, file := range slices.DeleteFunc(slices.Clone(files), func(file string) bool { return !broken(file) }) {
				if err := os.Mkdir(file, 0o700); err != nil { // no file can take its place
					t.Fatal(err)
				}
			}
			life.Reports = paper(files[:2])

			var said []string
			if e := life.end(run, nil, nil); e.Unwritten != nil {
				said = strings.Split(e.Unwritten.Error(), "\n")
			}
			if !slices.EqualFunc(said, test.broken, strings.Contains) {
				t.Errorf("%q are broken, and this is said: %q", test.broken, said)
			}
			for _, file := range files {
				if info, err := os.Stat(file); err != nil || info.Mode().IsRegular() == broken(file) {
					t.Errorf("%s: %v, %v", file, info, err)
				}
			}
		})
	}
}

// Old runs that cannot be removed are a complaint, and nothing to the run that
// has just ended.
func TestOldRunsThatCannotBeRemovedAreSaid(t *testing.T) {
	life, run := newRun(t)
	id := run.id()
	if err := life.State.Close(); err != nil { // nothing can be read there any more
		t.Fatal(err)
	}
	var said []Event
	life.Tell = func(e Event) {
		if e, ok := e.(Unpruned); ok {
			said = append(said, e.Err)
		}
	}
	if e := life.end(run, nil, nil); e.Unended != nil {
		t.Error(e.Unended)
	}
	if len(said) != 1 {
		t.Errorf("said: %v", said)
	}
	state, err := runs.Open(filepath.Dir(filepath.Dir(run.folder.Root().Name())))
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	folder, err := state.OpenRun(id)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if _, ended, err := folder.Finished(); !ended || err != nil {
		t.Errorf("the run is not finished: %v", err)
	}
}

// A run is closed only where that was written down, and nothing of it is open.
func TestClosedOnlyIfWritten(t *testing.T) {
	stopped := errors.New("stopped")
	for _, test := range []struct {
		name    string
		outcome plan.Outcome
		stopped error
		broken  bool
		closed  bool
	}{
		{"rows that were not tried are dropped", plan.Pending, nil, false, true},
		{"stopped before it was done", plan.Pending, stopped, false, false},
		{"stopped when it was done", plan.Applied, stopped, false, true},
		{"not written", plan.Pending, nil, true, false},
		{"a row whose fate is not known", plan.Unknown, nil, false, false},
		{"done, but the journal is not", plan.Applied, &batch.JournalError{Err: stopped}, false, false},
		{"a row that is stranded", plan.Stranded, nil, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			life, run := newRun(t)
			if err := run.folder.Begin(runs.Head{Rows: 1}); err != nil {
				t.Fatal(err)
			}
			if test.broken { // no file can take its place
				if err := os.Mkdir(filepath.Join(run.folder.Root().Name(), "end.json"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			id := run.id()
			run.aim, run.plan = toAbandon, &plan.Plan{Rows: make([]plan.Row, 1)}

			e := life.end(run, []history.Result{{Outcome: test.outcome}}, test.stopped)

			if e.Closed != test.closed || (e.Unended != nil) != test.broken {
				t.Errorf("closed %v, unended: %v", e.Closed, e.Unended)
			}
			left, err := life.State.Unfinished()
			if err != nil {
				t.Fatal(err)
			}
			if unfinished := len(left) == 1 && left[0].ID == id; unfinished == test.closed {
				t.Errorf("unfinished: %v", left)
			}
		})
	}
}

// No wait is longer than a call may take to have effect, whatever time another
// process has written down: its clock may have been ahead.
func TestNoWaitIsLongerThanSettling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		life := &Life{Settle: time.Minute, Tell: func(Event) {}}
		for _, test := range []struct{ settled, waited time.Duration }{
			{-time.Second, 0},
			{20 * time.Second, 20 * time.Second},
			{time.Minute, time.Minute},
			{8760 * time.Hour, time.Minute},
		} {
			began := time.Now()
			if err := life.await(t.Context(), "r-1", began.Add(test.settled)); err != nil || time.Since(began) != test.waited {
				t.Errorf("settled after %s: waited %s, %v", test.settled, time.Since(began), err)
			}
		}
	})
}
