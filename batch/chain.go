package batch

import (
	"context"
	"fmt"
	"slices"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// chain does the steps of the chain at a position in the lane's order
// and decides the outcome of each of its rows.
func (l *laneRun) chain(ctx context.Context, position int) {
	index := l.order[position]
	w := &worker{laneRun: l, chain: l.Plan.Chains[index], position: position}
	w.open = w.chain.Open
	if signal := l.signals[index]; signal != nil {
		defer func() {
			signal.stop = w.stopsOthers()
			close(signal.ended)
		}()
	}
	if stop := w.admit(ctx); stop != nil {
		if w.open {
			row := parkedRow(&w.chain)
			w.decide(row, stranded(w.Lane.Lane, &w.Plan.Rows[row]))
		}
		w.endAll(*stop)
		return
	}
	w.steps(ctx)
}

// admit waits for the chains this one comes after; it says why not, if the
// chain must not start.
func (w *worker) admit(ctx context.Context) *end {
	for _, before := range w.chain.After {
		signal := w.signals[before]
		select {
		case <-signal.ended:
			if signal.stop != nil {
				return signal.stop
			}
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		e := stopped(context.Cause(ctx))
		return &e
	}
	return nil
}

// stopsOthers is how the chains end that come after this one: the image that
// they would deprecate is still needed if the one that takes its place is not
// there.
func (w *worker) stopsOthers() *end {
	for _, step := range w.chain.Steps {
		if r := w.results[step.Row]; !r.Outcome.Succeeded() {
			e := w.behind(step.Row, end{outcome: r.Outcome, code: r.Code, message: r.Message})
			return &e
		}
	}
	return nil
}

// steps does the chain's steps in order. Once a ring is open, because one of
// its images is parked, it is finished in the grace that is left when the run
// is told to stop.
func (w *worker) steps(ctx context.Context) {
	last := lastSteps(w.chain.Steps)
	for i, step := range w.chain.Steps {
		w.current = i
		if w.open {
			ctx = w.grace
		}
		result := &w.results[step.Row]
		if result.Started.IsZero() {
			result.Started = now()
		}
		e := w.step(ctx, step)
		if !e.good() {
			w.fail(i, e)
			return
		}
		w.did = append(w.did, e.outcome)
		if e.outcome == plan.Applied && i < len(last)-1 {
			w.edited(step)
		}
		w.open = w.open || step.Park
		if last[i] {
			w.decide(step.Row, e)
		}
	}
}

// edited notes what a step has changed, for those that come after it.
func (w *worker) edited(s plan.Step) {
	values := w.values(s.Row).Apply(*s.Set)
	if w.now == nil {
		w.now = make(map[int]ecs.Attributes)
	}
	w.now[s.Row] = values
}

// lastSteps tells, for each step, whether it is the last one of its row.
func lastSteps(steps []plan.Step) []bool {
	last := make([]bool, len(steps))
	if len(steps) == 1 { // as almost always
		last[0] = true
		return last
	}
	seen := make(map[int]bool, len(steps))
	for i, step := range slices.Backward(steps) {
		last[i] = !seen[step.Row]
		seen[step.Row] = true
	}
	return last
}

// endAll gives all rows that are not decided the same end.
func (w *worker) endAll(e end) {
	for _, step := range w.chain.Steps {
		if w.undecided(step.Row) {
			w.decide(step.Row, e)
		}
	}
}

// fail ends the chain at step i: what was moved in an open ring is put back,
// and the rest was not tried.
func (w *worker) fail(i int, e end) {
	culprit := w.chain.Steps[i].Row
	if w.open {
		w.unwind(i, e)
	}
	if w.undecided(culprit) {
		w.decide(culprit, e)
	}
	w.endAll(w.behind(culprit, e))
}

// behind is the end of the rows that wait for one that ended as e.
func (w *worker) behind(row int, e end) end {
	if down := w.refusals.ahead(); !down.undecided() {
		return down
	}
	if e.outcome == plan.Pending {
		return end{outcome: plan.Pending, code: e.code, message: e.message}
	}
	return end{
		outcome: plan.Blocked, code: history.CodeBlocked,
		message: fmt.Sprintf("waits for %s, which is %s", w.Plan.Rows[row].ImageID, e.outcome),
	}
}
