package batch

import (
	"context"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// Who holds what: a run has a laneRun for each lane, which has a chainRun for
// each chain under way, which has a stepRun for its current step.

// A Job is the application of one plan.
type Job struct {
	Plan *plan.Plan
	// Old are the values that the rows' images had before the run, as its first
	// plan has them; nil if that is Plan.
	Old []*ecs.Attributes
	// Lanes are the plan's lanes, in its order.
	Lanes []Lane
	// Workers is how many edits may be under way at once in each lane.
	Workers int
	// Seen is when the listing that the plan rests on began.
	Seen time.Time
	// Grace is how long, after the run's context has ended, it may take to
	// close open rings and to confirm applied rows.
	Grace time.Duration
	// Journal keeps what is sent; nil for a run that is never resumed.
	Journal Journal
	// Past is what earlier processes did, by row; see [history.Replay].
	Past map[int]history.Past
	// Up is how long the host has been up, which is recorded with each call; nil
	// if it is not known. See [history.Instant].
	Up func() time.Duration
	// Wall is the wall clock; nil for the host's.
	Wall func() time.Time
	// Observe is called with what happens, one event at a time. It never delays
	// the workers. It may be nil.
	Observe func(Event, history.Result)
	// ObserveLane is called with what keeps whole lanes from working, in order
	// with Observe and by the same goroutine. It may be nil.
	ObserveLane func(LaneEvent)
	// ObserveDetail is called with each call and wait of a row, in order with
	// Observe and by the same goroutine. It may be nil, which costs nothing.
	ObserveDetail func(Detail)
}

// A run is the state of one Job.Run. A result belongs to the chain of its row
// until it is decided.
type run struct {
	*Job
	grace   context.Context // ends Job.Grace after the run was told to stop
	records *recorder
	sights  *sights
	results []history.Result
	events  *events
	signals map[int]*signal // of the chains that others come after
	parked  map[int]bool    // rows whose images had temporary names at the start
	// homeward are the rows that a [plan.Chain.Home] may touch.
	homeward map[int]bool
	spare    *spare // workers of all lanes
	// credited are the rows, by lane, that earlier processes have changed.
	credited [][]int
}

// A laneRun is one lane's part of a run.
type laneRun struct {
	laneAccess
	run   *run
	order []int // the lane's chains, as they are started
	// hidden are the attributes that the API shows of no image, once the lane was
	// listed for that.
	hidden ecs.Fields
	listed bool
}

// A laneAccess is what the steps of a lane share: the way to the API, and what
// they learn for each other.
type laneAccess struct {
	Lane
	grace    context.Context // the run's
	records  *recorder
	pool     *pool
	refusals refusals             // of reads, and of writes by API
	others   map[string]*refusals // of writes by Writers
	ahead    readAhead
}

// A chainRun is one chain under way, from its first step to its last.
type chainRun struct {
	run      *run
	lane     *laneRun
	chain    *plan.Chain
	position int            // of the chain in the lane's order
	current  int            // the step under way
	open     bool           // an image has its temporary name
	did      []plan.Outcome // how each step ended that was done
	// edited holds the values that an image should have, for each row that an
	// earlier step has edited. Most chains have one step: this and late are
	// made when there is something to hold.
	edited map[int]*ecs.Attributes
	// late holds, for each image, the calls to it that may still land.
	late map[string]history.LateCall
}

// A signal tells those that come after a chain that it has ended.
type signal struct {
	ended chan struct{} // closed then
	stop  end           // of their rows, if they must not start; else undecided
}

// A stepRun is one step under way: first all that it touches of the run around
// it, then what was sent and what is known of that.
type stepRun struct {
	lane     *laneAccess
	api      API // that writes the row
	refusals *refusals
	chain    *chainRun       // the steps around it, and their late calls
	set      *ecs.Attributes // what the step is to change
	index    int             // of its row in the plan
	row      *plan.Row
	result   *history.Result // of the row
	original *ecs.Attributes // the image's values before the run
	before   *ecs.Attributes // and those it should have before the step
	edited   bool            // by an earlier step of the chain

	send      ecs.Attributes // what of set is still to be done, as last read
	readAt    time.Time      // when that was; zero after a call of unknown fate
	sent      int            // calls that may have been applied or were acknowledged
	unclear   int            // those of them without a clear answer
	lost      error          // what came instead of the last one's answer
	lastSent  time.Time      // when that one was sent
	tries     tries          // against Retry.Attempts
	streak    *streak        // that of the last call, if it failed on its way
	learnt    learnt         // from refusals since the last other answer
	nameSince time.Time      // when the name was first found taken
}

// detail has a detail observed, if anybody observes them.
func (r *run) detail(d Detail) {
	if r.ObserveDetail != nil {
		d.At = time.Now()
		r.events.putDetail(d)
	}
}

// wait is wait for a reason that is told.
func (s *stepRun) wait(ctx context.Context, d time.Duration, why string) error {
	if d > 0 {
		s.chain.run.detail(Detail{Row: s.index, Attempts: int(s.result.Attempts), Wait: d, Why: why})
	}
	return wait(ctx, d)
}
