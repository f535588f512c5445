package lifecycle

import (
	"context"
	"io"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/batch/runs"
	"imgrename/manifest"
)

// A Life takes jobs from their first lock to their last report. Its fields are
// what it is handed of the world. It serves one job at a time.
type Life struct {
	// State is where runs are kept; nil for a rehearsal and for a dry run.
	State *runs.Folder
	// Connect finds the lanes of rows.
	Connect func(ctx context.Context, rows []manifest.Row) (*Connection, error)
	Guards  Guards
	// Consent returns nil to let a plan start, else why not. open are the runs of
	// other jobs that would be closed for it.
	Consent func(ctx context.Context, d *Draft, open []runs.Info) error
	Reports Reports
	// Tell is called with each event; see [Event] for its goroutines.
	Tell func(Event)
	// Details has [Detail] events told too.
	Details bool
	// Code returns the exit code that a run's summary records.
	Code func(history.Standing) int

	// Boot and Up tell when something was, for the processes that come after; see
	// [history.Instant].
	Boot string
	Up   func() time.Duration

	Workers     int           // calls under way at once in each lane
	Settle      time.Duration // how long a call without an answer may take effect
	LockTimeout time.Duration // how long to wait for lanes that are held
	Grace       time.Duration // how long a run that is stopped may take to finish what is open
	Tool        string        // name and version of the program

	alone time.Time               // when the lanes were locked
	check func(*runs.Locks) error // tests have another one
}

// now returns the time for other processes to compare with.
func (l *Life) now() history.Instant {
	now := history.Instant{At: time.Now(), Boot: l.Boot}
	if l.Up != nil {
		now.Up = l.Up()
	}
	return now
}

// Reports writes how the rows of a job ended, in formats of its own.
type Reports interface {
	// Own writes the report that stays in the run's folder.
	Own(w io.Writer, e *Ending) error
	// Copies writes the reports that were asked for.
	Copies(e *Ending) error
}

// A RefusedError is a plan that was not allowed to start, by a guard or for want
// of consent: a [*StrictError], a [*GuardError], or what Consent returned.
type RefusedError struct {
	Plan   *plan.Plan
	Review *review.Review
	Extra  []string // names of the rows' extra columns
	Err    error
}

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }
