package batch

import (
	"context"
	"errors"
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

// compare reads the image and says how the step ends if it must not be sent:
// the image is as desired already, or not as it was planned.
func (a *attempt) compare(ctx context.Context) end {
	image, err := a.sight(ctx)
	switch {
	case err != nil:
		return a.unread(ctx, err)
	case a.reached(image):
		return a.found()
	case !a.expected(image):
		return a.drifted(image)
	}
	return end{}
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
		return a.refusals.giveUp(err)
	case ecs.Forbidden:
		return a.refusals.denied(err)
	case ecs.Refused:
		return refused(err)
	default:
		return unreached(err)
	}
}

// found is the end of a step whose work is seen to be done: by us, if we have
// sent it.
func (a *attempt) found() end {
	if a.sent > 0 {
		return end{outcome: plan.Applied}
	}
	return end{outcome: plan.Unchanged}
}

// ahead reads an image that no call of ours has touched, and with it those
// that come next, unless another worker has just done so. at is when the read
// began.
func (w *worker) ahead(ctx context.Context, id string) (image ecs.Image, at time.Time, err error) {
	g, ids := w.sights.join(id, w.upcoming())
	if ids != nil {
		w.readGroup(ctx, g, ids)
	}
	select {
	case <-g.done:
	case <-ctx.Done():
		return image, at, context.Cause(ctx)
	}
	if image, ok := g.images[id]; ok {
		return image, g.at, nil
	}
	at = time.Now()
	image, err = w.look(ctx, id)
	return image, at, err
}

// readGroup fills a group. What it does not get, its readers read one by one.
func (w *worker) readGroup(ctx context.Context, g *group, ids []string) {
	defer close(g.done)
	g.images, _ = w.lookAll(ctx, ids)
}

// upcoming are the images in the order in which they will be written: those of
// the worker's chain from its current step on, then those of the chains behind.
func (w *worker) upcoming() iter.Seq[string] {
	return func(yield func(string) bool) {
		steps := w.chain.Steps[w.current:]
		for next := w.position + 1; ; next++ {
			for _, step := range steps {
				if !yield(w.Plan.Rows[step.Row].ImageID) {
					return
				}
			}
			if next >= len(w.order) {
				return
			}
			steps = w.Plan.Chains[w.order[next]].Steps
		}
	}
}
