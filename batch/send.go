package batch

import (
	"context"
	"time"

	"imgrename/batch/pace"
)

// promptly is how soon after its intent was recorded a call is sent. A process
// that resumes the run takes the intent's time for that of the call.
const promptly = time.Second

// clear takes a call that has its ticket through the pool's stages, until it
// only has to be sent. If it must not be sent, ok is false and e is the end of
// the step, undecided if the step goes on.
func (s *stepRun) clear(ctx context.Context, t pace.Ticket) (_ *spell, e end, ok bool) {
	written, e, ok := s.record(ctx)
	if !ok {
		return nil, e, false
	}
	if s.lane.pool.enterCall(ctx) != nil {
		s.lane.records.withdraw(s.index)
		return nil, end{}, false
	}
	if !s.lane.ahead.sights.within(promptly, written) || s.stale() {
		s.lane.records.withdraw(s.index)
		if _, e, ok = s.record(ctx); !ok {
			s.lane.pool.leaveCall()
			return nil, e, false
		}
	}
	if ctx.Err() == nil && s.foreseen().undecided() && s.lane.Writes.Holds(t) {
		if spell, ok := s.lane.breaker.allow(); ok {
			return spell, end{}, true
		}
	}
	s.lane.records.withdraw(s.index)
	s.lane.pool.leaveCall()
	return nil, end{}, false
}

// record makes sure that the call is still right, and records that it will be
// sent. It returns when that was on disk.
func (s *stepRun) record(ctx context.Context) (written time.Time, e end, ok bool) {
	e, ok = s.foreseen(), true
	if e.undecided() && s.stale() {
		e, ok = s.compareUntilTripped(ctx)
	}
	if !ok || !e.undecided() {
		return written, e, false
	}
	s.lane.pool.leave(s.chain.position)
	if err := s.lane.records.intend(s.index, &s.send); err != nil {
		return written, stopped(err), false
	}
	return time.Now(), end{}, true
}

// foreseen is the end of a step if every call of the lane would fail, else
// undecided. The steps of an open ring are attempted even then: to free an
// image from its temporary name is worth a futile call.
func (s *stepRun) foreseen() end {
	if s.chain.open {
		return end{}
	}
	return s.refusals.foreseen()
}

// stale reports whether the image has to be read again before a call is sent.
func (s *stepRun) stale() bool { return !s.lane.ahead.sights.fresh(s.readAt) }

// compareUntilTripped is compare for a step that holds a ticket: if the lane's
// breaker trips it does not wait, and ok is false.
func (s *stepRun) compareUntilTripped(ctx context.Context) (e end, ok bool) {
	held, cancel := s.lane.breaker.untilTripped(ctx)
	defer cancel()
	e = s.compare(held)
	if context.Cause(held) == errTripped {
		return end{}, false
	}
	return e, true
}
