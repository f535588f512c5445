package lifecycle

import (
	"encoding/json"
	"errors"
	"io"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/batch/runs"
)

// An UnsealedError is a job whose run could not be written to disk: no call was
// sent for it.
type UnsealedError struct{ Err error }

func (e *UnsealedError) Error() string { return e.Err.Error() + "; no row was tried" } // a run of another job may have been closed
func (e *UnsealedError) Unwrap() error { return e.Err }

// seal makes a run of a plan: from here on another process can finish it.
// Everything is on disk when seal returns.
func (l *Life) seal(locks *runs.Locks, d *Draft) (*run, error) {
	l.Tell(Seal)
	if err := errors.Join(l.State.Intact(locks), l.stillHeld(locks)); err != nil {
		return nil, err
	}
	r, source, used := l.newRun(d), d.Name, d.used()
	l.free(d)
	var err error
	if r.folder, err = l.State.NewRun(time.Now()); err != nil {
		return nil, err
	}
	if err = l.sealFiles(locks, r, source, used); err != nil {
		return nil, errors.Join(err, l.unuse(r.folder, used), r.close())
	}
	return r, nil
}

// sealFiles writes the run's head first and its plan last, once the journal says
// which plan it is. In between it marks a saved plan, by its checksum, as used. So
// a sealed run always has its mark, and before that the run's head tells which
// mark does not count.
func (l *Life) sealFiles(locks *runs.Locks, r *run, source, used string) error {
	failures := l.Guards.Limits.Failures
	err := r.folder.Begin(runs.Head{
		Job: r.plan.JobHash(), Source: source, Lanes: lockNames(r.lanes), Rows: len(r.plan.Rows), Tool: l.Tool, Plan: used,
		MaxFailures: failures.Rows, MaxFailurePercent: failures.Percent,
	})
	if err == nil && used != "" {
		err = l.State.UsePlan(used, r.id(), time.Now())
	}
	if err != nil {
		return err
	}
	if err = l.createJournal(locks, r); err != nil {
		return err
	}
	return r.folder.WriteFile(planFile, func(out io.Writer) error {
		info, err := FileInfo(l.Tool, source, r.extra, r.reviewed)
		if err != nil {
			return err
		}
		sum, err := plan.Encode(out, r.plan, info)
		if err != nil {
			return err
		}
		about := &history.Sealed{Run: r.id(), Plan: sum, Rows: len(r.plan.Rows), Lanes: lockNames(r.lanes)}
		return r.log.Commit(l.signature(about)) // before the plan has its name
	})
}

// FileInfo returns what the file of a plan that is made now says, besides the
// plan. tool and source are as in [plan.FileInfo].
func FileInfo(tool, source string, extra []string, reviewed *review.Review) (plan.FileInfo, error) {
	info := plan.FileInfo{Tool: tool, Created: time.Now(), Source: source, Extra: extra}
	var err error
	if reviewed != nil {
		info.Review, err = json.Marshal(reviewed)
	}
	return info, err
}

// ReviewOf returns the review in a plan file, nil if it has none that can be read.
func ReviewOf(saved *plan.Saved) *review.Review {
	r, err := review.Decode(saved.Info.Review, saved.Plan)
	if err != nil {
		return nil // an earlier version made it, or it was made by hand
	}
	return r
}
