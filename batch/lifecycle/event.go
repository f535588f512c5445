package lifecycle

import (
	"time"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// A Step is a part of the life of a run; see the package comment.
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
func (s Step) String() string { return stepNames[s] }

// An Event is something that happens in the life of a run: a [Step] that
// begins, or one of the types below. Events come one at a time, but a [Row] or
// [Lane] event comes from another goroutine than the others.
type Event any

type (
	// Waiting: the lanes are held, and are waited for.
	Waiting struct{ Held error }

	// Settling: earlier calls of a run may still take effect, for so long.
	Settling struct {
		Run string
		For time.Duration
	}

	// Dropped: a run ended before its plan was sealed, so it sent nothing.
	Dropped struct{ Run string }

	// Resuming: an unfinished run of the same job is resumed.
	Resuming struct{ Run string }

	// Leaving: an unfinished run of another job is left as it is, since this
	// job has nothing to do.
	Leaving struct{ Run string }

	// Closing: an unfinished run of another job is to be closed.
	Closing struct{ Run string }

	// Closed: that run was closed.
	Closed struct{ *Ending }

	// Torn: the last line of a run's journal was cut off, so many bytes.
	Torn struct {
		Run   string
		Bytes int64
	}

	// UnderWay: from now on the run can be resumed if this process dies.
	UnderWay struct{ Run string }

	// Reading: so many rows, and as many images as are known so far, are about
	// to be held in memory.
	Reading struct{ Rows, Images int }

	// Planned: the plan is made, and what only its making needed is let go.
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

	// Row: something happened to a row of the plan that is applied.
	Row struct {
		batch.Event
		Result history.Result // if it is decided
	}

	// Lane: something keeps a lane from its work, or does so no more.
	Lane batch.LaneEvent

	// Applied: the calls have ended.
	Applied struct{}

	// Unpruned: old runs could not be removed.
	Unpruned struct{ Err error }
)

// enter tells that a step begins.
func (l *Life) enter(s Step) { l.Tell(s) }
