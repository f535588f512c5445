package batch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// A read that contradicts what the API acknowledged is repeated, for as long as
// reads may lag behind writes, before it is believed.
const (
	confirmPause = 2 * time.Second
	confirmReads = int(history.ReadLag / confirmPause)
)

// compare reads the image and returns the end of the step if no call is to be
// sent for it.
func (s *stepRun) compare(ctx context.Context) end {
	image, err := s.read(ctx)
	if err != nil {
		return s.unreadable(ctx, err)
	}
	return s.endFor(image)
}

// endFor returns the end of the step by its image: it is as desired already, by
// us if we have sent that, or not as expected. Else the end is undecided.
func (s *stepRun) endFor(image ecs.Image) end {
	switch {
	case s.reached(image) && s.sent > 0:
		return end{outcome: plan.Applied}
	case s.reached(image):
		return end{outcome: plan.Unchanged}
	case s.drift(image) != "":
		return s.drifted(image)
	}
	return end{}
}

// read reads the image until the result can be believed.
func (s *stepRun) read(ctx context.Context) (ecs.Image, error) {
	image, at, err := s.readFirst(ctx)
	for n := 1; err == nil; n++ {
		if n == confirmReads || s.plausible(image) {
			s.readAt, s.send = at, image.Changes(*s.set)
			return image, nil
		}
		if err = s.wait(ctx, confirmPause, "the image was read as it was before"); err == nil {
			at = time.Now()
			image, err = s.lane.readImage(ctx, s.row.ImageID)
		}
	}
	return image, err
}

// readFirst reads the image by itself if we may have changed it, else together
// with others. at is when the read began.
func (s *stepRun) readFirst(ctx context.Context) (image ecs.Image, at time.Time, err error) {
	if s.result.Attempts == 0 {
		return s.lane.ahead.read(ctx, s.lane.Lane, s.row.ImageID, s.chain.upcoming())
	}
	at = time.Now()
	image, err = s.lane.readImage(ctx, s.row.ImageID)
	return image, at, err
}

// upcoming returns the images in the order in which they will be written: those
// of the chain from its current step on, then those of the chains behind it.
func (c *chainRun) upcoming() iter.Seq[string] {
	return func(yield func(string) bool) {
		steps := c.chain.Steps[c.current:]
		for next := c.position + 1; ; next++ {
			for _, step := range steps {
				if !yield(c.run.Plan.Rows[step.Row].ImageID) {
					return
				}
			}
			if next >= len(c.lane.order) {
				return
			}
			steps = c.run.Plan.Chains[c.lane.order[next]].Steps
		}
	}
}

// plausible reports whether a read is to be believed at once: it shows what the
// chain did to the image before, if anything, or what this step has sent. When
// a name is put back the two look alike: the read may show what was sent, or be
// a late one of what was there before the run.
func (s *stepRun) plausible(image ecs.Image) bool {
	if !s.edited || image.Changes(*s.before) == (ecs.Attributes{}) {
		return true
	}
	back := s.row.Old.Changes(*s.set) == ecs.Attributes{}
	return s.sent > 0 && !back && s.reached(image)
}

// unreadable is the end of a step whose image cannot be read before a call.
func (s *stepRun) unreadable(ctx context.Context, err error) end {
	switch {
	case errors.Is(err, errGone):
		return gone(s.row.ImageID)
	case ctx.Err() != nil:
		return stopped(context.Cause(ctx))
	case stoppedLane(err):
		return stopped(err)
	}
	switch ecs.Classify(err) {
	case ecs.Down, ecs.Expired, ecs.Skewed:
		return s.lane.refusals.giveUp(err)
	case ecs.Forbidden:
		return s.lane.refusals.denied(err)
	case ecs.Refused:
		return refused(err)
	default:
		return unreached(err)
	}
}

// reached reports whether the image has all the values of the step.
func (s *stepRun) reached(image ecs.Image) bool {
	return image.Changes(*s.set) == ecs.Attributes{}
}

// drift names the first attribute that is neither as it was nor as it shall be,
// or returns "". An image that somebody else has renamed gets no other edits
// either.
func (s *stepRun) drift(image ecs.Image) string {
	set := *s.set
	if set.ImageName == "" {
		set.ImageName = s.row.Want.ImageName // if not sent now: sent later, or there already
	}
	for field, desired := range set.All() {
		got, was := *image.Field(field), *s.before.Field(field)
		switch {
		case desired == "", field.Same(got, desired), field.Same(got, was):
		case field == ecs.ImageName && got == s.lane.temporaryName(s.row):
		default:
			return notAsPlanned(field, got, was)
		}
	}
	conditions := ecs.Attributes(s.row.Condition())
	for field, condition := range conditions.All() {
		got, was := *image.Field(field), *s.before.Field(field)
		if condition != "" && field != ecs.ImageName && !field.Same(got, was) {
			return notAsPlanned(field, got, was)
		}
	}
	return ""
}

func notAsPlanned(field ecs.Attribute, got, was string) string {
	return fmt.Sprintf("%s is %q, not %q any more", field, got, was)
}

// drifted is the end of a step whose image is not as expected.
func (s *stepRun) drifted(image ecs.Image) end {
	s.noteRead(image, false)
	return end{outcome: plan.Conflict, code: history.CodeDrift, message: s.row.ImageID + ": " + s.drift(image)}
}

// noteRead compares what is known of the row's edits with its image; see
// [history.Result.Seen].
func (s *stepRun) noteRead(image ecs.Image, settled bool) {
	s.result.Seen(image.Attributes, s.original, (*ecs.Attributes)(&s.row.Want), settled)
}
