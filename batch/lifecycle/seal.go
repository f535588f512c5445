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
	r, used := l.newRun(d), d.used()
	head := runs.Head{Source: d.Name, Plan: used, Manifest: d.Manifest, Shard: d.Shard}
	l.free(d)
	var err error
	if r.folder, err = l.State.NewRun(time.Now()); err != nil {
		return nil, err
	}
	if err = l.sealFiles(locks, r, head); err != nil {
		return nil, errors.Join(err, l.unuse(r.folder, used), r.close())
	}
	return r, nil
}

// sealFiles writes the run's head, of which it is given what the source says, first and its plan last, once the journal says
// which plan it is. In between it marks a saved plan, by its checksum, as used. So
// a sealed run always has its mark, and before that the run's head tells which
// mark does not count.
func (l *Life) sealFiles(locks *runs.Locks, r *run, head runs.Head) error {
	failures := l.Guards.Limits.Failures
	head.Job, head.Lanes, head.Rows, head.Tool = r.plan.JobHash(), lockNames(r.lanes), len(r.plan.Rows), l.Tool
	head.MaxFailures, head.MaxFailurePercent = failures.Rows, failures.Percent
	err := r.folder.Begin(head)
	if err == nil && head.Plan != "" {
		err = l.State.UsePlan(head.Plan, r.id(), time.Now())
	}
	if err != nil {
		return err
	}
	if err = l.createJournal(locks, r); err != nil {
		return err
	}
	return r.folder.WriteFile(planFile, func(out io.Writer) error {
		info, err := FileInfo(l.Tool, head.Source, r.extra, r.reviewed)
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
