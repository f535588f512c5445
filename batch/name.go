package batch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/plan"
)

const (
	nameWait  = 10 * time.Second // for a name that the chain frees, or that a late read still shows
	namePause = time.Second      // before a name is asked for again
)

// nameTaken judges a name that the API says is held: by the image itself, after
// a call of ours whose answer was lost; by an image of the same chain, which
// will free it or has just done so; or by any other.
func (s *stepRun) nameTaken(ctx context.Context, err error) end {
	own, readErr := s.read(ctx)
	if readErr == nil { // else the holder may tell
		if e := s.endFor(own); !e.undecided() {
			return e
		}
		if own.ImageName == s.set.ImageName && s.nameSince.IsZero() {
			s.nameSince = time.Now()
			return end{} // it has the name: the rest is sent without it
		}
	}
	holder := s.lane.holder(ctx, s.set.ImageName)
	if holder != "" && !s.chain.moves(holder) {
		return end{
			outcome: plan.Conflict, code: history.CodeNameTaken,
			message: fmt.Sprintf("%s took the name %q", holder, s.set.ImageName),
		}
	}
	if s.nameSince.IsZero() {
		s.nameSince = time.Now()
	}
	if time.Since(s.nameSince) >= nameWait {
		return refused(err)
	}
	if cause := s.wait(ctx, namePause, "the name is taken, and nobody has it any more"); cause != nil {
		return stopped(cause)
	}
	return end{}
}

// moves reports whether the chain moves the image.
func (c *chainRun) moves(id string) bool {
	is := func(step plan.Step) bool { return c.run.Plan.Rows[step.Row].ImageID == id }
	return slices.ContainsFunc(c.chain.Steps, is) || slices.ContainsFunc(c.chain.Home(), is)
}
