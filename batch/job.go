package batch

import (
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// A Job is the application of one plan.
type Job struct {
	Plan *plan.Plan
	// Old are the values of the rows' images from before the run, as its first
	// plan has them; nil if that is Plan.
	Old []*ecs.Attributes
	// Lanes are where the plan's lanes are reached, in the plan's order.
	Lanes []Lane
	// Workers is the number of edits that are under way at once in each lane.
	Workers int
	// Seen is when the reading of the images began that the plan rests on.
	Seen time.Time
	// Grace is how long, after the run's context has ended, open rings may
	// take to be closed and applied rows to be confirmed.
	Grace time.Duration
	// Journal keeps what is sent; nil for a run that nobody will finish.
	Journal Journal
	// Past is what earlier processes did, by row; see [history.Replay].
	Past map[int]history.Past
	// Observe is told what happens, one event at a time, and never holds up
	// the workers. It may be nil.
	Observe func(Event, history.Result)
	// ObserveLane is told what keeps whole lanes from their work, in the same
	// order and by the same goroutine as Observe. It may be nil.
	ObserveLane func(LaneEvent)
}
