package lifecycle

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// readSound reads the plan of a run whose files belong together.
func readSound(folder *runs.Run) (*plan.Saved, error) {
	info := folder.Info()
	if info.Problem != nil && info.Head.Rows == 0 { // the head cannot be read
		return nil, info.Problem
	}
	if err := checkFiles(folder, &info.Head); err != nil {
		return nil, err
	}
	saved, err := readPlan(folder)
	if err != nil {
		return nil, err
	}
	return saved, checkPlan(folder, &info.Head, saved)
}

// checkFiles holds the head of a run, its journal and whether it has a plan
// against each other. The error is a [*runs.DamagedError] if they cannot belong
// together: what the run did is then not known.
func checkFiles(folder *runs.Run, head *runs.Head) error {
	sealed, err := isSealed(folder)
	if err != nil {
		return err
	}
	if !sealed {
		return checkUnsealed(folder)
	}
	first, err := firstRecord(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return damaged(folder, journalFile, "it is missing")
	case err != nil:
		return err
	case first == nil:
		if err := readJournal(folder, func(history.Record) {}); err != nil {
			return err // it is damaged
		}
		return damaged(folder, journalFile, "it is empty")
	case first.Process == nil || first.Process.Sealed == nil:
		return nil // an earlier version began with the first call
	}
	switch about := first.Process.Sealed; {
	case about.Run != folder.ID():
		return damaged(folder, journalFile, fmt.Sprintf("it belongs to run %q", about.Run))
	case about.Rows != head.Rows:
		return damaged(folder, headFile, fmt.Sprintf("it says %s, the journal %d", plan.Count(head.Rows, "row"), about.Rows))
	case !slices.Equal(about.Lanes, head.Lanes):
		return damaged(folder, headFile, fmt.Sprintf("its lanes are %q, the journal's %q", head.Lanes, about.Lanes))
	}
	return nil
}

// isSealed reports whether a run has a plan.
func isSealed(folder *runs.Run) (bool, error) {
	file, err := folder.Open(planFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	return true, file.Close()
}

// checkUnsealed returns an error if calls were sent for a run without a plan.
func checkUnsealed(folder *runs.Run) error {
	sent := false
	err := readJournal(folder, func(r history.Record) { sent = sent || r.Kind == history.Intent })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !sent {
		return err
	}
	if sealed, err := isSealed(folder); sealed || err != nil { // by now: the run is at work
		return err
	}
	return damaged(folder, planFile, "it is missing, but the journal has calls")
}

// checkPlan holds the plan of a run against its head and its journal. The error
// is a [*runs.DamagedError].
func checkPlan(folder *runs.Run, head *runs.Head, saved *plan.Saved) error {
	lanes := make([]string, len(saved.Plan.Lanes))
	for i, lane := range saved.Plan.Lanes {
		lanes[i] = lane.String()
	}
	strange := func(lane string) bool { return !slices.Contains(lanes, lane) }
	unlocked := func(row plan.Row) bool {
		return row.Verdict == plan.Planned && !slices.Contains(head.Lanes, lanes[row.Lane])
	}
	first, err := firstRecord(folder)
	switch {
	case err != nil:
		return err
	case first != nil && first.Process != nil && first.Process.Sealed != nil && first.Process.Sealed.Plan != saved.Sum:
		return damaged(folder, planFile, "it is not the plan that the journal is about")
	case len(saved.Plan.Rows) != head.Rows || !saved.Plan.IsJob(head.Job):
		return damaged(folder, headFile, "it is about another job than the plan")
	case slices.ContainsFunc(head.Lanes, strange) || slices.ContainsFunc(saved.Plan.Rows, unlocked):
		return damaged(folder, headFile, "its lanes are not those of the plan")
	}
	return nil
}

// damaged says what is wrong with a file of a run.
func damaged(folder *runs.Run, file, what string) error {
	return &runs.DamagedError{ID: folder.ID(), File: file, Err: errors.New(what)}
}
