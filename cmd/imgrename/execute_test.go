package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/report"
)

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
			folder := t.TempDir()
			run := newRun(t, folder)
			files := []string{filepath.Join(folder, "copy.csv"), filepath.Join(folder, "copy.jsonl"), filepath.Join(run.Root().Name(), "report.csv")}
			broken := func(file string) bool { return slices.Contains(test.broken, filepath.Base(file)) }
			for _, file := range slices.DeleteFunc(slices.Clone(files), func(file string) bool { return !broken(file) }) {
				if err := os.Mkdir(file, 0o700); err != nil { // no file can take its place
					t.Fatal(err)
				}
			}
			a := &application{planning: planning{common: &common{reports: files[:2]}}}

			var said []string
			if err := a.keepReports(&work{run: run}, report.DryRun(&plan.Plan{}, nil)); err != nil {
				said = strings.Split(err.Error(), "\n")
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

// newRun makes a run in a state folder of its own.
func newRun(t *testing.T, folder string) *runs.Run {
	t.Helper()
	state, err := runs.Open(filepath.Join(folder, "state"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = state.Close() })
	run, err := state.NewRun(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Close() })
	return run
}

// Old runs that cannot be removed are a complaint, and nothing to the run that
// has just ended.
func TestOldRunsThatCannotBeRemovedAreSaid(t *testing.T) {
	state, err := runs.Open(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	run, err := state.NewRun(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Close() })
	if err := state.Close(); err != nil { // nothing can be read there any more
		t.Fatal(err)
	}
	for _, quiet := range []bool{false, true} {
		var said strings.Builder
		a := &application{planning: planning{common: &common{quiet: quiet, streams: streams{err: &sink{w: &said}}}}}
		if err := a.keepEnd(state, &work{run: run}, report.DryRun(&plan.Plan{}, nil), nil); err != nil {
			t.Error(err)
		}
		if strings.HasPrefix(said.String(), "warning: old runs could not be removed: state folder ") == quiet {
			t.Errorf("quiet %t: said %q", quiet, said.String())
		}
	}
	if _, ended, err := run.Finished(); !ended || err != nil {
		t.Errorf("the run is not finished: %v", err)
	}
}
