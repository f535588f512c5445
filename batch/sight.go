package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// freshFor is how old the sight of an image may be that a write rests on. The
// API has no conditional write: this bounds the gap in which somebody else's
// edit could be overwritten unseen.
const freshFor = 10 * time.Second

// A read that contradicts what the API acknowledged is repeated, for as long as
// reads may lag behind writes, before it is believed.
const (
	confirmPause = 2 * time.Second
	confirmReads = int(history.ReadLag / confirmPause)
)

// compare reads the image and says how the step ends if it must not be sent:
// the image is as desired already, or not as it was planned.
func (a *attempt) compare(ctx context.Context) *end {
	var e end
	image, err := a.sight(ctx)
	switch {
	case err != nil:
		e = a.unread(ctx, err)
	case a.reached(image):
		e = a.found()
	case !a.expected(image):
		e = a.drifted(image)
	default:
		return nil
	}
	return &e
}

// sight reads the image as it is now.
func (a *attempt) sight(ctx context.Context) (ecs.Image, error) {
	image, at, err := a.firstSight(ctx)
	for n := 1; err == nil; n++ {
		if n == confirmReads || a.plausible(image) {
			a.seen, a.send = at, image.Changes(*a.Set)
			return image, nil
		}
		if err = wait(ctx, confirmPause); err == nil {
			at = time.Now()
			image, err = a.look(ctx, a.id)
		}
	}
	return image, err
}

// firstSight reads the image by itself if we may have changed it, else together
// with others.
func (a *attempt) firstSight(ctx context.Context) (image ecs.Image, at time.Time, err error) {
	if a.results[a.Row].Attempts == 0 {
		return a.ahead(ctx, a.id)
	}
	at = time.Now()
	image, err = a.look(ctx, a.id)
	return image, at, err
}

// plausible tells whether a read is to be believed at once: it shows what we
// did to the image before, if anything, or what this step has sent. On the way
// back the two look alike: the old name may be what was sent, or a late sight of
// what was there before all.
func (a *attempt) plausible(image ecs.Image) bool {
	ours, written := a.now[a.Row]
	if !written || image.Changes(ours) == (ecs.Attributes{}) {
		return true
	}
	back := a.Plan.Rows[a.Row].Old.Changes(*a.Set) == ecs.Attributes{}
	return a.sent > 0 && !back && a.reached(image)
}

// unread is how a step ends whose image cannot be read before it is sent.
func (a *attempt) unread(ctx context.Context, err error) end {
	switch {
	case errors.Is(err, errGone):
		return gone(a.id)
	case ctx.Err() != nil:
		return stopped(context.Cause(ctx))
	case stoppedLane(err):
		return stopped(err)
	}
	switch ecs.Classify(err) {
	case ecs.Down, ecs.Expired, ecs.Skewed:
		return a.giveUpLane(err)
	case ecs.Forbidden:
		return a.denied(err)
	case ecs.Refused:
		return refused(err)
	default:
		return unreached(err)
	}
}

func gone(id string) end {
	return end{outcome: plan.Failed, code: history.CodeGone, message: id + " does not exist any more"}
}

// found is the end of a step whose work is seen to be done: by us, if we have
// sent it.
func (a *attempt) found() end {
	if a.sent > 0 {
		return end{outcome: plan.Applied}
	}
	return end{outcome: plan.Unchanged}
}

// reached tells whether the image has all the values of the step.
func (a *attempt) reached(image ecs.Image) bool {
	return image.Changes(*a.Set) == ecs.Attributes{}
}

// expected tells whether the image has the values that the step would change,
// or already has the new one, and keeps the row's conditions.
func (a *attempt) expected(image ecs.Image) bool {
	return a.firstDrift(image) == ""
}

// firstDrift names the first attribute that is neither as it was nor as it
// shall be. An image that somebody else has renamed gets no other edits either.
func (a *attempt) firstDrift(image ecs.Image) string {
	before, set := a.values(a.Row), *a.Set
	conditions := ecs.Attributes(a.Plan.Rows[a.Row].Condition())
	if set.ImageName == "" {
		set.ImageName = a.Plan.Rows[a.Row].Want.ImageName // if not sent now: sent later, or there already
	}
	for field, desired := range set.All() {
		got, was := *image.Field(field), *before.Field(field)
		switch {
		case desired == "", field.Same(got, desired), field.Same(got, was):
		case field == ecs.ImageName && got == a.temporaryName(a.Row):
		default:
			return drift(field, got, was)
		}
	}
	for field, condition := range conditions.All() {
		got, was := *image.Field(field), *before.Field(field)
		if condition != "" && field != ecs.ImageName && !field.Same(got, was) {
			return drift(field, got, was)
		}
	}
	return ""
}

// temporaryName is the one under which the row's image is parked: an earlier
// run may have left it there.
func (l *laneRun) temporaryName(row int) string {
	r := l.Plan.Rows[row]
	return plan.TemporaryName(l.Account, l.Region, r.ImageID, r.Want.ImageName)
}

func drift(field ecs.Attribute, got, was string) string {
	return fmt.Sprintf("%s is %q, not %q any more", field, got, was)
}

func (a *attempt) drifted(image ecs.Image) end {
	a.sees(a.Row, image.Attributes, false)
	return end{outcome: plan.Conflict, code: history.CodeDrift, message: a.id + ": " + a.firstDrift(image)}
}
