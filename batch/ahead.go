package batch

import (
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

// freshFor is how old the sight of an image may be that a write rests on. The
// API has no conditional write: this bounds the gap in which somebody else's
// edit could be overwritten unseen.
const freshFor = 10 * time.Second
