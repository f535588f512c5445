package lifecycle

import (
	"errors"
	"slices"
	"time"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/batch/runs"
)

// A Step is one part of the life of a run; see the package comment.
type Step uint8

// The steps, in their order.
const (
	Lock Step = iota
	Find
	Settle
	List
	Match
	Check
	Clear
	Seal
	Execute
	Report
	Close
)

var stepNames = [...]string{
	"lock", "find", "settle", "list", "match", "check", "clear", "seal", "execute", "report", "close",
}

// String returns the step's word.
func (s Step) String() string {
	return stepNames[s]
}

// An Event is something that happens in the life of a run: a [Step] that
// begins, or one of the types below. Events come one at a time, but a [Row], [Lane]
// or [Detail] event comes from another goroutine than the others.
type Event any

type (
	// Waiting: another process holds a lane, and is waited for.
	Waiting struct{ Held error }

	// Settling: a wait begins, until no earlier call of a run can take effect.
	Settling struct {
		Run string
		For time.Duration
	}

	// Waited: a wait has ended, that of a Waiting or a Settling.
	Waited struct{}

	// Dropped: a run ended before its plan was sealed, so it sent nothing.
	Dropped struct{ Run string }

	// Resuming: an unfinished run of the same job is resumed.
	Resuming struct{ Run string }

	// Leaving: an unfinished run of another job is left as it is, since this
	// job has nothing to do.
	Leaving struct{ Run string }

	// Closing: an unfinished run of another job is to be closed.
	Closing struct{ Run string }

	// Closed: that run was closed. Source is its manifest or plan, as the user
	// named it.
	Closed struct {
		*Ending
		Source string
	}

	// Unclosed: it could not be closed, and keeps the lanes where it has left
	// something.
	Unclosed struct {
		*Ending
		Source string
	}

	// Torn: the last line of a run's journal was incomplete, and was cut off.
	Torn struct {
		Run   string
		Bytes int64
	}

	// UnderWay: from now on the run can be resumed if this process dies.
	UnderWay struct{ Run string }

	// Reading: so many rows and images are about to be held in memory. Images is
	// 0 until they are listed.
	Reading struct{ Rows, Images int }

	// Verifying: the service is about to be asked about so many changes.
	Verifying struct{ Rows int }

	// Planned: the plan is made, and what was only needed to make it is freed.
	Planned struct{ Rows, Lanes int }

	// Applying: the calls begin.
	Applying struct {
		Run   string // "" in a rehearsal
		Plan  *plan.Plan
		Extra []string
		// Row returns a row of the plan with the old values that the run's first
		// plan has.
		Row func(int) plan.Row
	}

	// Row: something happened to a row of the plan that is being applied.
	Row struct {
		batch.Event
		Result history.Result // if it is decided
	}

	// Lane: something keeps a lane from its work, or no longer does.
	Lane batch.LaneEvent

	// Detail: a call for a row was answered, or a wait of a row begins.
	Detail batch.Detail

	// Applied: the calls have ended.
	Applied struct{}

	// Unpruned: old runs could not be removed.
	Unpruned struct{ Err error }
)

// An Ending is how a job came out. Its rows have the old values that the run's
// first plan has.
type Ending struct {
	Run     string // "" if nothing was sent, and in a rehearsal
	Plan    *plan.Plan
	Review  *review.Review   // of the run's first plan; nil if that is not known
	Results []history.Result // by row
	Extra   []string         // names of the rows' extra columns
	Stopped error            // why it stopped early
	// Unwritten are the reports that could not be written, Unended is why the
	// end of the run could not be.
	Unwritten, Unended error
	// Closed reports that the run was closed: rows that were not tried are
	// dropped.
	Closed bool
	// Applied reports that the calls began, and [Row] events told of every row.
	Applied bool
	// Left reports that the run was stopped before it was taken up again: it is
	// not at its end, whatever the results.
	Left bool
	// Others are the runs of other jobs that could not be closed, so that this
	// job's rows in some lanes, or all of them, were not tried.
	Others []*Ending

	unplanned  int  // rows that a resume cannot do either
	outOfSight bool // rows of which calls were sent could not be read
}

// Standing is what the job asks of a person.
func (e *Ending) Standing() history.Standing {
	standing := history.Worst(e.Results)
	if e.Left || e.TakenOver() {
		standing = max(standing, history.Unfinished)
	}
	for _, other := range e.Others {
		standing = max(standing, other.Standing())
	}
	return standing
}

// TakenOver reports whether the run's locks were lost while it was at work: another
// host may be working on it.
func (e *Ending) TakenOver() bool {
	_, lost := errors.AsType[*runs.LostError](e.Stopped)
	return lost
}

// Resumable reports whether a resume of the run would find something to do: a
// row that is parked, unknown or was planned and not tried.
func (e *Ending) Resumable() bool {
	totals := history.Totals(e.Results)
	return e.Left || e.journalBroken() || e.Unended != nil || history.Worst(e.Results) == history.Uncertain ||
		totals[plan.Pending]+totals[plan.Undecided] > e.unplanned
}

// Parked returns the rows whose images were left under temporary names because
// nothing can be done for them: their old and desired names are taken, or
// refused by the API; or because the run is closed.
func (e *Ending) Parked() (rows []int) {
	for i, r := range e.Results {
		if r.Outcome == plan.Stranded && (e.Closed || e.Plan.Rows[i].Verdict == plan.Stranded || r.RequestID != "") {
			rows = append(rows, i)
		}
	}
	return rows
}

// onlyParked reports whether all that keeps a run from being closed is images
// that stay parked, each of which fits.
func (e *Ending) onlyParked(fits func(id string) bool) bool {
	parked, totals := e.Parked(), history.Totals(e.Results)
	strange := func(row int) bool { return !fits(e.Plan.Rows[row].ImageID) }
	return e.Stopped == nil && !e.Left && e.Unended == nil && len(parked) > 0 && !slices.ContainsFunc(parked, strange) &&
		totals[plan.Unknown] == 0 && totals[plan.Stranded] == len(parked) && !e.outOfSight
}

// lanesLeft returns the lanes where something was left that is to be settled.
func (e *Ending) lanesLeft() (lanes []plan.Lane) {
	for i, r := range e.Results {
		lane := e.Plan.Lanes[e.Plan.Rows[i].Lane]
		if leaves(r) && !slices.Contains(lanes, lane) {
			lanes = append(lanes, lane)
		}
	}
	return lanes
}

// leaves reports whether a row of a run that was to be closed keeps its lane.
func leaves(r history.Result) bool {
	switch r.Outcome {
	case plan.Unknown, plan.Stranded, plan.Undecided:
		return true
	case plan.Pending:
		return r.Code != plan.Abandoned
	}
	return false
}

// ClosedWhy is the reason in the summary of a run that was closed.
const ClosedWhy = "closed"

// closable reports whether the run can be closed: it came to its end, nothing is
// parked, unknown or out of sight, and its journal is complete.
func closable(e *Ending) bool {
	standing := history.Worst(e.Results)
	return standing != history.Uncertain && !(standing == history.Unfinished && e.Stopped != nil) && !e.journalBroken() && !e.outOfSight
}

// journalBroken reports whether the run stopped because its journal could not be
// written.
func (e *Ending) journalBroken() bool {
	_, broken := errors.AsType[*batch.JournalError](e.Stopped)
	return broken
}
