package batch

import (
	"context"
	"sync/atomic"

	"imgrename/batch/ecs"
)

// joinedReads read many images of a lane with one call, their ids joined by
// commas. That the API takes these is not documented any more: where it does
// not, it looks for one id that no image has, or refuses them. So a joined read
// never proves that an image does not exist. Once a read of a single id shows
// what a joined one lacked, no more ids are joined in the lane. It is safe for
// concurrent use.
type joinedReads struct{ unanswered atomic.Bool }

// readEach reads at most [ecs.PageSize] images as they are now, with one call if
// that is answered, and returns by id those that exist. What a joined read lacks
// is read by itself.
func (j *joinedReads) readEach(ctx context.Context, l Lane, ids []string) (map[string]ecs.Image, error) {
	images, err := j.readJoined(ctx, l, ids)
	if err != nil || len(ids) == 1 {
		return images, err
	}
	for _, id := range ids {
		if _, ok := images[id]; ok {
			continue
		}
		alone, err := l.readImages(ctx, []string{id})
		if err != nil {
			return images, err
		}
		if image, ok := alone[id]; ok {
			images[id] = image
			j.unanswered.Store(true)
		}
	}
	return images, nil
}

// readJoined reads images with one call, if such calls are answered. Unless it
// is for a single id, it does not prove that what it lacks does not exist.
func (j *joinedReads) readJoined(ctx context.Context, l Lane, ids []string) (map[string]ecs.Image, error) {
	if len(ids) == 1 {
		return l.readImages(ctx, ids)
	}
	if j.unanswered.Load() {
		return make(map[string]ecs.Image), nil
	}
	images, err := l.readImages(ctx, ids)
	if ecs.Classify(err) == ecs.Refused {
		j.unanswered.Store(true)
		return make(map[string]ecs.Image), nil
	}
	return images, err
}
