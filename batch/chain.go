package batch

import (
	"context"
	"fmt"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// A worker takes one chain from its first step to its last.
type worker struct {
	*laneRun
	chain plan.Chain
	// now holds, for each row of the chain, the values its image has by what
	// was planned and done.
	now map[int]ecs.Attributes
	// unsettled holds, for each image, when its last call went out that may
	// still land late.
	unsettled map[string]time.Time
}

// An end is how one step ended: Applied, Unchanged, or what becomes of its row.
type end struct {
	outcome       plan.Outcome
	code, message string
	requestID     string
}

func (e end) good() bool { return e.outcome == plan.Applied || e.outcome == plan.Unchanged }

// chain does a chain's steps and decides the outcome of each of its rows.
func (l *laneRun) chain(ctx context.Context, index int) {
	if done := l.ended[index]; done != nil {
		defer close(done)
	}
	w := &worker{laneRun: l, chain: l.Plan.Chains[index], now: make(map[int]ecs.Attributes), unsettled: make(map[string]time.Time)}
	if stop := w.admit(ctx); stop != nil {
		w.endFrom(0, *stop)
		return
	}
	w.steps(ctx)
}

// admit waits for the chains this one comes after; it says why not, if the
// chain must not start.
func (w *worker) admit(ctx context.Context) *end {
	for _, before := range w.chain.After {
		select {
		case <-w.ended[before]:
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return stopped(context.Cause(ctx))
	}
	return nil
}

func stopped(cause error) *end {
	return &end{outcome: plan.Pending, code: Stopped, message: cause.Error()}
}

// steps does the chain's steps in order. Once a ring is open, because one of
// its images is parked, it is finished in the grace that is left when the run
// is told to stop.
func (w *worker) steps(ctx context.Context) {
	for i, step := range w.chain.Steps {
		result := &w.results[step.Row]
		if result.Started.IsZero() {
			result.Started = time.Now()
		}
		e := w.step(ctx, step)
		if !e.good() {
			w.fail(i, e)
			return
		}
		w.now[step.Row] = w.values(step.Row).Apply(*step.Set)
		result.RequestID = e.requestID
		if step.Park {
			ctx = w.grace
		}
		if lastOf(w.chain.Steps, i) {
			w.decide(step.Row, e)
		}
	}
}

// values are what the row's image should have now.
func (w *worker) values(row int) ecs.Attributes {
	if v, ok := w.now[row]; ok {
		return v
	}
	return *w.Plan.Rows[row].Old
}

// lastOf tells whether step i is the last one of its row.
func lastOf(steps []plan.Step, i int) bool {
	for _, later := range steps[i+1:] {
		if later.Row == steps[i].Row {
			return false
		}
	}
	return true
}

// decide settles a row; an applied one is still to be confirmed.
func (w *worker) decide(row int, e end) {
	r := &w.results[row]
	r.Outcome, r.Code, r.Message, r.Finished = e.outcome, e.code, e.message, time.Now()
	if e.requestID != "" {
		r.RequestID = e.requestID
	}
	if e.outcome == plan.Unchanged && r.Attempts > 0 {
		r.Outcome = plan.Applied // a step of ours before this one made the difference
	}
	if r.Outcome == plan.Applied {
		w.events <- Event{row, Acknowledged}
	} else {
		w.events <- Event{row, Decided}
	}
}

// undecided tells whether the row still waits for its outcome.
func (w *worker) undecided(row int) bool { return w.results[row].Outcome == plan.Undecided }

// endFrom gives all rows from step i on that are not decided the same end.
func (w *worker) endFrom(i int, e end) {
	for _, step := range w.chain.Steps[i:] {
		if w.undecided(step.Row) {
			w.decide(step.Row, e)
		}
	}
}

// fail ends the chain at step i: the row there has its outcome, what was moved
// in an open ring is put back, and the rest was not tried.
func (w *worker) fail(i int, e end) {
	culprit := w.chain.Steps[i].Row
	if w.parked(i) {
		w.unwind(i, e)
	}
	if w.undecided(culprit) {
		w.decide(culprit, e)
	}
	rest := end{
		outcome: plan.Blocked, code: codeBlocked,
		message: fmt.Sprintf("waits for %s, which is %s", w.Plan.Rows[culprit].ImageID, e.outcome),
	}
	if e.outcome == plan.Pending {
		rest = end{outcome: plan.Pending, code: e.code, message: e.message}
	}
	w.endFrom(0, rest)
}

// parked tells whether an image was parked before step i.
func (w *worker) parked(i int) bool {
	for _, step := range w.chain.Steps[:i] {
		if step.Park {
			return true
		}
	}
	return false
}
