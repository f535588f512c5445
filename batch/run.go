package batch

import (
	"context"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// A run is the state of one Job.Run. Each result belongs to the worker of its
// row's chain until it is decided.
type run struct {
	*Job
	grace   context.Context
	records *recorder
	results []history.Result
	events  *events
	signals map[int]*signal // of the chains that others come after
	parked  map[int]bool    // rows whose images were under temporary names at the start
	// credited are the rows, by lane, that earlier processes have changed.
	credited [][]int
}

// A laneRun is one lane's part of a run.
type laneRun struct {
	*run
	Lane
	order    []int // the lane's chains, as they are started
	sights   lookout
	refusals refusals
	pool     *pool
}

// A worker takes one chain from its first step to its last.
type worker struct {
	*laneRun
	chain    plan.Chain
	position int // of the chain in the lane's order
	current  int // the step under way
	// did is how each step ended that was done.
	did []plan.Outcome
	// now holds, for each row that an earlier step has edited, the values its
	// image has. Most chains have one step: this and the next are made when
	// there is something to hold.
	now map[int]ecs.Attributes
	// unsettled holds, for each image, when its last call went out that may
	// still land late.
	unsettled map[string]history.LateCall
	// open tells that an image is under its temporary name.
	open bool
}

// An attempt is a step under way: what was sent and what is known of it.
type attempt struct {
	*worker
	plan.Step
	id        string
	send      ecs.Attributes // what of the step is still to be done, as last seen
	seen      time.Time      // when the image was; zero after a call of unknown fate
	written   time.Time      // when the last intent was, in the journal
	sent      int            // calls that may have been applied or were acknowledged
	unclear   int            // those of them without a clear answer
	lost      error          // what came instead, the last time
	lastSent  time.Time      // when that was
	tries     tries          // against Retry.Attempts
	streak    *streak        // that the last call was part of, if it failed on its way
	learnt    learnt         // from refusals since the last other answer
	nameSince time.Time      // since when the name has been found taken
}

// A signal tells that a chain has ended, to those that come after it.
type signal struct {
	ended chan struct{} // closed then
	stop  *end          // what this means for them, if they must not start
}
