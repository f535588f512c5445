package batch

import (
	"context"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
)

// step brings one image to the step's values and says how that ended. It is
// decided from the image as it is: a step that finds its work done is done.
func (c *chainRun) step(ctx context.Context, step plan.Step) end {
	s := c.newStep(step)
	if late := c.run.Past[step.Row].Late; late != nil {
		c.noteLate(s.row.ImageID, *late)
	}
	if len(c.late) > 0 {
		c.lane.pool.waits(c.position)
	}
	if e := s.settleEarlier(ctx); !e.undecided() {
		return e
	}
	e := s.once(ctx)
	for e.undecided() {
		e = s.once(ctx)
	}
	e = s.settle(ctx, e)
	if e.good() {
		s.result.Reached(*s.set, s.row.Want.ImageName)
	}
	s.remember(e)
	return e
}

func (c *chainRun) newStep(step plan.Step) stepRun {
	before, edited := c.values(step.Row)
	api, refusals := c.lane.writer(c.run.Plan.Rows[step.Row].Profile)
	return stepRun{
		lane: &c.lane.laneAccess, api: api, refusals: refusals, chain: c, set: step.Set, index: step.Row,
		row: &c.run.Plan.Rows[step.Row], result: &c.run.results[step.Row],
		original: c.run.original(step.Row), before: before, edited: edited,
		send: *step.Set, readAt: c.run.Seen,
	}
}

// writer returns who writes the rows of a profile, and what was learnt of that.
func (l *laneAccess) writer(profile string) (API, *refusals) {
	if api, ok := l.Writers[profile]; ok {
		return api, l.others[profile]
	}
	return l.API, &l.refusals
}

// values returns the values that the row's image should have, and whether an
// earlier step has edited it.
func (c *chainRun) values(row int) (values *ecs.Attributes, edited bool) {
	if values, edited = c.edited[row]; !edited {
		values = c.run.Plan.Rows[row].Old
	}
	return values, edited
}

// once makes one call and judges its answer. However long it waits for the
// pace, the image was read shortly before the call goes out. The end is
// undecided if the step goes on.
func (s *stepRun) once(ctx context.Context) end {
	if e := s.foreseen(); !e.undecided() {
		return e
	}
	if err := s.lane.breaker.wait(ctx); err != nil {
		return stopped(err)
	}
	keys, err := s.api.Credentials(ctx)
	if err != nil {
		return s.keyless(ctx, err)
	}
	// Read now rather than with a ticket: those who wait for one read would all
	// send at once when it is there.
	if s.stale() {
		s.lane.pool.reads()
		if e := s.compare(ctx); !e.undecided() {
			return e
		}
	}
	ticket, err := s.lane.Writes.Enter(ctx)
	if err != nil {
		return stopped(err)
	}
	spell, e, ok := s.clear(ctx, ticket)
	if !ok {
		s.lane.Writes.Leave(ticket, pace.Reply{Answer: pace.Unused})
		return e
	}
	id, err := s.api.ModifyImageAttribute(context.WithoutCancel(ctx), keys, s.row.ImageID, s.send)
	class := ecs.Classify(err)
	s.lane.records.answer(s.index, class, id)
	s.lane.Writes.Leave(ticket, reply(class, err))
	s.streak = s.lane.breaker.done(spell, err)
	e = s.learn(class, id, err)
	s.chain.run.detail(Detail{Row: s.index, Attempts: int(s.result.Attempts), Class: class, RequestID: id, Err: err})
	s.lane.pool.leaveCall() // not before: the next call has to know what this one has shown
	return s.goOn(ctx, class, e, err)
}

// keyless is the end of an attempt for which there are no keys: nothing was sent.
func (s *stepRun) keyless(ctx context.Context, err error) end {
	if ctx.Err() != nil {
		return stopped(context.Cause(ctx))
	}
	s.streak = nil
	s.count(ecs.Unsent)
	return s.later(ctx, unreached(err))
}

// learn takes in what an answer says about the step and, without waiting, about
// the lane. It returns the end of a step that the answer decides.
func (s *stepRun) learn(class ecs.Class, requestID string, err error) end {
	s.count(class)
	s.result.Answered(class, s.send, s.row.Want.ImageName)
	switch class {
	case ecs.Applied:
		s.sent++
		return end{outcome: plan.Applied, requestID: requestID}
	case ecs.Expired, ecs.Skewed:
		if s.learnt.from(class) {
			return end{}
		}
		return s.refusals.giveUp(err)
	case ecs.Down:
		return s.refusals.giveUp(err)
	case ecs.Forbidden:
		return s.refusals.denied(err)
	case ecs.Ambiguous:
		s.sent++
		s.unclear++
		s.lost, s.lastSent, s.readAt = err, time.Now(), time.Time{}
		return end{}
	case ecs.Throttled, ecs.Duplicated, ecs.Unsent, ecs.Busy:
		return end{}
	case ecs.Refused, ecs.Undecided:
	}
	return refused(err)
}

// goOn does what a step that its answer left undecided needs next. That may
// take long.
func (s *stepRun) goOn(ctx context.Context, class ecs.Class, e end, err error) end {
	switch class {
	case ecs.Duplicated:
		s.lane.pool.waits(s.chain.position)
		return s.nameTaken(ctx, err)
	case ecs.Unsent:
		return s.later(ctx, unreached(err))
	case ecs.Busy:
		return s.later(ctx, refused(err))
	case ecs.Ambiguous:
		s.lane.pool.waits(s.chain.position)
		return s.readBack(ctx)
	case ecs.Applied, ecs.Throttled, ecs.Expired, ecs.Skewed, ecs.Down, ecs.Forbidden, ecs.Refused, ecs.Undecided:
	}
	return e
}

// count counts a call for its row, and for the lane that it was not refused for
// lack of permission. Throttling, an expired token or a wrong clock say nothing
// about the row.
func (s *stepRun) count(class ecs.Class) {
	switch class {
	case ecs.Throttled, ecs.Expired, ecs.Skewed:
		return
	case ecs.Forbidden, ecs.Unsent, ecs.Ambiguous:
	case ecs.Applied, ecs.Busy, ecs.Duplicated, ecs.Refused, ecs.Down, ecs.Undecided:
		s.refusals.forbidden.Store(0)
	}
	s.learnt = learnt{} // keys and clock were accepted: they may fail another time
	s.result.Attempts++
}

// later waits before the next attempt, after a call that certainly was not
// applied but may be the next time; e is the end if there is none.
func (s *stepRun) later(ctx context.Context, e end) end {
	s.tries.add(s.streak)
	s.lane.pool.waits(s.chain.position)
	if err := s.lane.breaker.wait(ctx); err != nil { // now it is known whether an outage was to blame
		return stopped(err)
	}
	return s.pause(ctx, e)
}
