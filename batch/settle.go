package batch

import (
	"context"
	"errors"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// settleEarlier waits until no earlier, different call to the image can land
// any more. The same call may be sent again at once: it sets the same values,
// and the earlier one counts as a call of this step.
func (s *stepRun) settleEarlier(ctx context.Context) end {
	late, ok := s.chain.late[s.row.ImageID]
	if !ok {
		return end{}
	}
	settled := late.At.Add(s.lane.Retry.Settle)
	if s.readAt.Before(settled) { // else the image was read after it could land
		if !late.Several && late.Set == *s.set {
			s.sent, s.unclear, s.lost, s.lastSent = 1, 1, errEarlier, late.At
			return end{}
		}
		if err := s.wait(ctx, time.Until(settled), errEarlier.Error()+" and may still take effect"); err != nil {
			return stopped(err)
		}
	}
	delete(s.chain.late, s.row.ImageID)
	return end{}
}

var errEarlier = errors.New("an earlier call had no answer")

// remember notes a call that may still land: several were sent, at least one of
// them had no answer, and it is not known which of them took effect.
func (s *stepRun) remember(e end) {
	if s.unclear > 1 || s.unclear == 1 && (s.sent > 1 || !e.good()) {
		s.chain.noteLate(s.row.ImageID, history.LateCall{At: s.lastSent, Set: *s.set})
	}
}

// noteLate notes a call to an image that may still land.
func (c *chainRun) noteLate(id string, call history.LateCall) {
	if c.late == nil {
		c.late = make(map[string]history.LateCall)
	}
	c.late[id] = c.late[id].And(call)
}

// readBack finds out what became of a call without a clear answer. As long as
// the image cannot be read, or is not as expected, nothing more is sent to it.
func (s *stepRun) readBack(ctx context.Context) end {
	s.tries.add(s.streak)
	image, err := s.read(s.lane.grace) // the call is out: its fate has to be known
	if err == nil {                    // else the next attempt begins with a read
		if e := s.endFor(image); !e.undecided() {
			return e
		}
	}
	return s.pause(ctx, refused(s.lost))
}

// settle ends the step as e, unless a call without an answer may still be
// applied, whatever came after it: only a read after the settle time is
// certain then.
func (s *stepRun) settle(ctx context.Context, e end) end {
	if s.unclear == 0 || e.good() {
		return e
	}
	if s.wait(ctx, time.Until(s.lastSent.Add(s.lane.Retry.Settle)), "a call had no answer and may still take effect") != nil {
		return s.unknown()
	}
	image, err := s.lane.readImage(ctx, s.row.ImageID)
	if err != nil && !errors.Is(err, errGone) {
		return s.unknown()
	}
	s.unclear = 0
	if err != nil {
		return gone(s.row.ImageID)
	}
	s.noteRead(image, true)
	if seen := s.endFor(image); !seen.undecided() {
		return seen
	}
	return e
}

// unknown is the end of a step of which a call may still be applied.
func (s *stepRun) unknown() end {
	e := end{outcome: plan.Unknown}
	e.code, e.message = reasonOf(s.lost)
	return e
}

// pause waits before the next attempt; e is the end if there is none.
func (s *stepRun) pause(ctx context.Context, e end) end {
	if s.tries.spent() >= s.lane.Retry.Attempts {
		return e
	}
	if cause := s.wait(ctx, s.lane.Retry.delay(s.tries.spent()), "before the next attempt"); cause != nil {
		return stopped(cause)
	}
	return end{}
}
