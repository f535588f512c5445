package batch

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// Run does what the plan says and returns the rows' results, in order. If ctx
// ended the run, the error is its cause; the results are complete even then.
func (j *Job) Run(ctx context.Context) ([]history.Result, error) {
	procs := runtime.GOMAXPROCS(0)
	r := &run{
		Job:      j,
		results:  make([]history.Result, len(j.Plan.Rows)),
		events:   newEvents(),
		signals:  waitedFor(j.Plan.Chains),
		credited: make([][]int, len(j.Lanes)),
		spare:    newSpare(max(spareWorkers*procs, 4*j.Workers)+keptWorkers*procs, keptWorkers*procs),
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r.records = &recorder{j.Journal, j.Up, stop}
	r.sights = newSights(j.Seen, j.Wall)
	grace, cancel := afterEnd(ctx, j.Grace)
	defer cancel()
	r.grace = grace

	var observer sync.WaitGroup
	observer.Go(r.observe)
	r.noteOpen()
	r.decidePlanned()
	r.lanes(ctx)
	r.events.close()
	observer.Wait()
	return r.results, context.Cause(ctx)
}

// lanes works on all lanes side by side and returns when they are done.
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
			defer lane.unwatch(w)
			l := &laneRun{run: r, laneAccess: laneAccess{Lane: lane.guarded(w), grace: r.grace, records: r.records}}
			l.others = make(map[string]*refusals, len(lane.Writers))
			for profile := range lane.Writers {
				l.others[profile] = new(refusals)
			}
			l.work(ctx, chains[i], r.credited[i])
		})
	}
	all.Wait()
}

// waitedFor makes a signal for each chain that others come after.
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

// work runs the lane's chains and confirms what they did.
func (l *laneRun) work(ctx context.Context, chains, credited []int) {
	l.order = startOrder(l.run.Plan.Chains, chains)
	l.ahead.sights, l.ahead.reads = l.run.sights, make(map[string]*sharedRead)
	l.pool = newPool(l.run.Workers, len(l.order), l.run.spare, func(position int) { l.chain(ctx, position) })
	l.pool.run()
	putBack := func(row int) bool { return l.run.results[row].Outcome != plan.Applied }
	l.confirm(append(slices.DeleteFunc(credited, putBack), l.applied(chains)...))
}

// startOrder puts chains behind all those they come after, and behind those
// that wait for none. A chain occupies its worker while it waits: if all
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

// applied returns the applied rows of the chains, in plan order.
func (l *laneRun) applied(chains []int) []int {
	var rows []int
	for _, index := range chains {
		steps := l.run.Plan.Chains[index].Steps
		if len(steps) == 0 { // the parked image only: the others go back
			steps = []plan.Step{{Row: parkedRow(&l.run.Plan.Chains[index])}}
		}
		last := lastSteps(steps)
		for i, step := range steps {
			if last[i] && l.run.results[step.Row].Outcome == plan.Applied {
				rows = append(rows, step.Row)
			}
		}
	}
	return rows
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
