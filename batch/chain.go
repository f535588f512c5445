package batch

import (
	"context"
	"slices"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// chain does the steps of the chain at a position in the lane's order and
// decides the outcome of each of its rows.
func (l *laneRun) chain(ctx context.Context, position int) {
	index := l.order[position]
	chain := &l.run.Plan.Chains[index]
	c := &chainRun{run: l.run, lane: l, chain: chain, position: position, open: chain.Open}
	if signal := l.run.signals[index]; signal != nil {
		defer func() {
			signal.stop = c.stopsOthers()
			close(signal.ended)
		}()
	}
	if stop := c.admit(ctx); !stop.undecided() {
		if c.open {
			row := parkedRow(chain)
			c.decide(row, l.stranded(&l.run.Plan.Rows[row]))
		}
		c.endAll(stop)
		c.endHeld()
		return
	}
	if len(chain.Steps) == 0 {
		c.goHome()
	} else {
		c.steps(ctx)
	}
	c.endHeld()
}

// admit waits for the chains that this one comes after. It returns the end of
// its rows if it must not start, else an undecided one.
func (c *chainRun) admit(ctx context.Context) end {
	if len(c.chain.After) > 0 {
		c.lane.pool.waits(c.position)
	}
	for _, before := range c.chain.After {
		signal := c.run.signals[before]
		select {
		case <-signal.ended:
			if !signal.stop.undecided() {
				return signal.stop
			}
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return stopped(context.Cause(ctx))
	}
	return end{}
}

// stopsOthers is the end of the chains that come after this one if they must
// not start: the image that they would deprecate is still needed if the one
// that takes its place is not there.
func (c *chainRun) stopsOthers() end {
	for _, step := range c.chain.Steps {
		if r := c.run.results[step.Row]; !r.Outcome.Succeeded() {
			return c.behind(step.Row, step.Row, end{outcome: r.Outcome, code: r.Code, message: r.Message})
		}
	}
	return end{}
}

// steps does the chain's steps in order. Once a ring is open, because one of
// its images is parked, it is finished within the grace if the run is stopped.
func (c *chainRun) steps(ctx context.Context) {
	last := lastSteps(c.chain.Steps)
	for i, step := range c.chain.Steps {
		c.current = i
		if c.open {
			ctx = c.run.grace
		}
		result := &c.run.results[step.Row]
		if result.Started.IsZero() {
			result.Started = now()
		}
		e := c.step(ctx, step)
		if !e.good() {
			c.fail(i, e)
			return
		}
		c.did = append(c.did, e.outcome)
		if e.outcome == plan.Applied && i < len(last)-1 {
			c.noteEdit(step)
		}
		c.open = c.open || step.Park
		if last[i] {
			c.decide(step.Row, e)
		}
	}
}

// noteEdit notes what a step has changed, for those that come after it.
func (c *chainRun) noteEdit(step plan.Step) {
	before, _ := c.values(step.Row)
	values := before.Apply(*step.Set)
	if c.edited == nil {
		c.edited = make(map[int]*ecs.Attributes)
	}
	c.edited[step.Row] = &values
}

// lastSteps reports of each step whether it is the last one of its row.
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

// fail ends the chain at step i: images that were moved in an open ring are put
// back, and the other rows are not tried.
func (c *chainRun) fail(i int, e end) {
	culprit := c.chain.Steps[i].Row
	if c.open {
		c.unwind(i, e)
	}
	if c.undecided(culprit) {
		c.decide(culprit, e)
	}
	for _, step := range c.chain.Steps {
		if c.undecided(step.Row) {
			c.decide(step.Row, c.behind(step.Row, culprit, e))
		}
	}
}

// endAll gives all rows that are not decided the same end.
func (c *chainRun) endAll(e end) {
	for _, step := range c.chain.Steps {
		if c.undecided(step.Row) {
			c.decide(step.Row, e)
		}
	}
}

// endHeld decides the rows on the way home that the plan holds back, as it says.
func (c *chainRun) endHeld() {
	for _, step := range c.chain.Home {
		if c.undecided(step.Row) {
			c.decide(step.Row, heldBack(&c.run.Plan.Rows[step.Row]))
		}
	}
}
