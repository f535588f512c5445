package batch

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

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

// Run does what the plan says and returns a result for each of its rows, in
// order. The error is ctx's cause if that ended the run; the results are
// complete all the same.
func (j *Job) Run(ctx context.Context) ([]history.Result, error) {
	r := &run{
		Job:      j,
		results:  make([]history.Result, len(j.Plan.Rows)),
		events:   newEvents(),
		signals:  waitedFor(j.Plan.Chains),
		parked:   openRows(j.Plan.Chains),
		credited: make([][]int, len(j.Lanes)),
	}
	ctx, r.stopRun = context.WithCancelCause(ctx)
	defer r.stopRun(nil)
	grace, cancel := afterEnd(ctx, j.Grace)
	defer cancel()
	r.grace = grace

	var observer errgroup.Group
	observer.Go(func() error { r.observe(); return nil })
	r.decidePlanned()
	r.lanes(ctx)
	r.events.close()
	_ = observer.Wait()
	return r.results, context.Cause(ctx)
}

// An Event is something that happened to a row.
type Event struct {
	Row  int // index into the plan's rows
	Kind EventKind
}

// An EventKind is what happened.
type EventKind uint8

const (
	// Acknowledged: the API took the row's last edit; it is still to be
	// confirmed by a read.
	Acknowledged EventKind = iota
	// Decided: the row has its final result.
	Decided
)

// A run is the state of one Job.Run. Each result belongs to the worker of its
// row's chain until it is decided.
type run struct {
	*Job
	grace   context.Context
	stopRun context.CancelCauseFunc
	results []history.Result
	events  *events
	signals map[int]*signal // of the chains that others come after
	parked  map[int]bool    // rows whose images were under temporary names at the start
	// credited are the rows, by lane, that earlier processes have changed.
	credited [][]int
}

func (r *run) observe() {
	for list, lanes := r.events.take(nil); len(list) > 0; list, lanes = r.events.take(list) {
		for _, e := range list {
			if e.Kind == ofLane {
				r.observeLane(lanes[e.Row])
				continue
			}
			var result history.Result
			if e.Kind == Decided {
				result = r.results[e.Row]
				r.keep(e.Row, result)
			}
			if r.Observe != nil {
				r.Observe(e, result)
			}
		}
	}
}

func (r *run) observeLane(e LaneEvent) {
	if r.ObserveLane != nil {
		r.ObserveLane(e)
	}
}

// decidePlanned settles the rows that the plan holds back.
func (r *run) decidePlanned() {
	for i, row := range r.Plan.Rows {
		r.results[i].Outcome = row.Verdict
		if r.credit(i) {
			r.credited[row.Lane] = append(r.credited[row.Lane], i)
			r.events.put(i, Acknowledged)
			continue
		}
		if row.Verdict == plan.Planned {
			r.results[i].Outcome = plan.Undecided
			continue
		}
		if row.Problem != nil {
			r.results[i].Code, r.results[i].Message = row.Problem.Code, row.Problem.Message
		}
		r.events.put(i, Decided)
	}
}

// waitedFor makes a signal for every chain that others come after.
func waitedFor(chains []plan.Chain) map[int]*signal {
	signals := make(map[int]*signal)
	for _, c := range chains {
		for _, before := range c.After {
			if signals[before] == nil {
				signals[before] = &signal{ended: make(chan struct{})}
			}
		}
	}
	return signals
}

// lanes works on all lanes side by side and returns when all chains have ended.
func (r *run) lanes(ctx context.Context) {
	chains := make([][]int, len(r.Lanes))
	for i, c := range r.Plan.Chains {
		chains[c.Lane] = append(chains[c.Lane], i)
	}
	var all sync.WaitGroup
	for i, lane := range r.Lanes {
		if len(chains[i])+len(r.credited[i]) == 0 {
			continue
		}
		all.Go(func() {
			w := lane.watch(func(e LaneEvent) { e.Lane = i; r.events.putLane(e) })
			defer w.end(lane)
			(&laneRun{run: r, Lane: lane.guarded(w)}).work(ctx, chains[i], r.credited[i])
		})
	}
	all.Wait()
}

// A laneRun is one lane's part of a run.
type laneRun struct {
	*run
	Lane
	down      atomic.Pointer[ecs.Error] // why every further call would fail
	forbidden atomic.Int32              // refusals for lack of permission, in a row
	order     []int                     // the lane's chains, as they are started
	sights    lookout
	pool      *pool
}

// work runs the lane's chains and confirms what they did.
func (l *laneRun) work(ctx context.Context, chains, credited []int) {
	l.order = startOrder(l.Plan.Chains, chains)
	l.sights.groups = make(map[string]*group)
	l.pool = newPool(l.Workers, len(l.order), func(position int) { l.chain(ctx, position) })
	l.pool.run()
	l.confirm(append(credited, l.applied(chains)...))
}

// startOrder puts chains behind all those they come after, and behind those
// that wait for nobody. A chain occupies its worker while it waits: if all
// workers waited for chains that have not begun, they would wait for ever.
func startOrder(all []plan.Chain, chains []int) []int {
	order := make([]int, 0, len(chains))
	placed := make(map[int]bool, len(chains))
	var place func(int)
	place = func(index int) {
		if placed[index] {
			return
		}
		placed[index] = true
		for _, before := range all[index].After {
			place(before)
		}
		order = append(order, index)
	}
	for _, index := range chains {
		if len(all[index].After) == 0 {
			place(index)
		}
	}
	for _, index := range chains {
		place(index)
	}
	return order
}

// afterEnd returns a context that ends d after ctx does.
func afterEnd(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(d, func() { cancel(errGraceOver) })
		context.AfterFunc(late, func() { timer.Stop() })
	})
	return late, func() { stop(); cancel(context.Canceled) }
}

var errGraceOver = errors.New("stopped, and the time to finish is over")
