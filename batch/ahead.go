package batch

import (
	"context"
	"iter"
	"maps"
	"sync"
	"time"

	"imgrename/batch/ecs"
)

// A lookout reads the images that a lane's workers are about to write, many
// with one call: once the listing that the plan rests on has grown old, every
// write needs a sight of its image first. It is safe for concurrent use.
type lookout struct {
	mu     sync.Mutex
	groups map[string]*group // by id of an image that nobody has asked for yet
	purge  time.Time         // when to forget those that nobody will ask for
}

// A group is one read of several images.
type group struct {
	at     time.Time     // when it began
	done   chan struct{} // closed when it has ended
	images map[string]ecs.Image
}

// join returns the fresh group that an image is in. If there is none, ids are
// the images to read for a new one: this image, and those of next that are in
// no fresh group.
func (l *lookout) join(id string, next iter.Seq[string]) (g *group, ids []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if g = l.groups[id]; g.fresh(now) {
		delete(l.groups, id)
		return g, nil
	}
	l.forget(now)
	g = &group{at: now, done: make(chan struct{})}
	ids = append(ids, id)
	for other := range next {
		if len(ids) == ecs.PageSize {
			break
		}
		if other != id && !l.groups[other].fresh(now) {
			l.groups[other] = g
			ids = append(ids, other)
		}
	}
	return g, ids
}

func (g *group) fresh(now time.Time) bool { return g != nil && now.Sub(g.at) <= freshFor }

// forget drops the groups that are too old, now and then.
func (l *lookout) forget(now time.Time) {
	if now.Before(l.purge) {
		return
	}
	maps.DeleteFunc(l.groups, func(_ string, g *group) bool { return !g.fresh(now) })
	l.purge = now.Add(freshFor)
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
