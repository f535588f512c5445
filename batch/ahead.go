package batch

import (
	"context"
	"iter"
	"maps"
	"sync"
	"time"

	"imgrename/batch/ecs"
)

// A readAhead reads the images that a lane's steps are about to write, many
// with one call: once the listing that the plan rests on has grown old, each
// image has to be read before it is written. It is safe for concurrent use.
type readAhead struct {
	joinedReads
	sights *sights
	mu     sync.Mutex
	reads  map[string]*sharedRead // by id of an image that was not asked for yet
	purge  time.Time              // when to drop the old ones
}

// A sharedRead is one read of several images.
type sharedRead struct {
	at     time.Time     // when it began
	joined bool          // it is of several images
	done   chan struct{} // closed when it has ended
	images map[string]ecs.Image
}

func (a *readAhead) fresh(r *sharedRead) bool { return r != nil && a.sights.fresh(r.at) }

// read reads an image that no call of ours has touched, and with it those that
// come next, unless that has just been done. at is when the read began.
func (a *readAhead) read(ctx context.Context, l Lane, id string, next iter.Seq[string]) (image ecs.Image, at time.Time, err error) {
	r, ids := a.join(id, next)
	if ids != nil {
		r.images, _ = a.readJoined(ctx, l, ids) // what is missing is read below, one by one
		close(r.done)
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		return image, at, context.Cause(ctx)
	}
	if image, ok := r.images[id]; ok {
		return image, r.at, nil
	}
	at = time.Now()
	image, err = l.readImage(ctx, id)
	if err == nil && r.joined && r.images != nil {
		a.unanswered.Store(true)
	}
	return image, at, err
}

// join returns the fresh read that an image is part of. If there is none, ids
// are the images to read for a new one: this image, and those of next that are
// not part of a fresh read.
func (a *readAhead) join(id string, next iter.Seq[string]) (r *sharedRead, ids []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	if r = a.reads[id]; a.fresh(r) {
		delete(a.reads, id)
		return r, nil
	}
	if !now.Before(a.purge) {
		maps.DeleteFunc(a.reads, func(_ string, r *sharedRead) bool { return !a.fresh(r) })
		a.purge = now.Add(freshFor)
	}
	r = &sharedRead{at: now, done: make(chan struct{})}
	ids = append(ids, id)
	for other := range next {
		if len(ids) == ecs.PageSize {
			break
		}
		if other != id && !a.fresh(a.reads[other]) {
			a.reads[other] = r
			ids = append(ids, other)
		}
	}
	r.joined = len(ids) > 1
	return r, ids
}
