package batch

import (
	"context"
	"errors"
	"slices"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/pace"
)

// read makes a call that changes nothing until it succeeds, is refused for
// good, or its attempts are used up. Throttled calls do not count as attempts.
//
// A call that fails on its way is counted once the breaker lets calls pass: by
// then it is known whether an outage was to blame. It never counts while there is
// no plan and the network is waited for.
func read[T any](ctx context.Context, l Lane, call func(context.Context) (T, error)) (T, error) {
	var learnt learnt
	var tries tries
	since, failures := time.Now(), 0
	for {
		result, class, streak, err := readOnce(ctx, l, call)
		if class != ecs.Undecided {
			l.Reach.note(err)
		}
		switch class {
		case ecs.Throttled:
			since = time.Now()
			continue
		case ecs.Expired, ecs.Skewed:
			if learnt.from(class) {
				continue
			}
			return result, err
		case ecs.Unsent, ecs.Ambiguous, ecs.Busy:
		default:
			return result, err
		}
		if l.Reach.waits(l.Lane, err) {
			if failures++; l.Reach.pause(ctx, l.Lane, since, failures, err) {
				continue
			}
			return result, err
		}
		tries.add(streak)
		if stop := l.breaker.wait(ctx); stoppedLane(stop) {
			return result, stop
		}
		if tries.spent() >= l.Retry.Attempts || ctx.Err() != nil || wait(ctx, l.Retry.delay(tries.spent())) != nil {
			return result, err
		}
	}
}

// readOnce makes one call as soon as it may be sent. The class is Undecided if
// it was not sent.
func readOnce[T any](ctx context.Context, l Lane, call func(context.Context) (T, error)) (result T, class ecs.Class, s *streak, err error) {
	ticket, spell, err := l.enter(ctx)
	if err != nil {
		return result, ecs.Undecided, nil, err
	}
	if err := l.turns.take(ctx); err != nil {
		l.Reads.Leave(ticket, pace.Reply{Answer: pace.Unused})
		return result, ecs.Undecided, nil, err
	}
	result, err = call(ctx)
	l.turns.give()
	class = ecs.Classify(err)
	l.Reads.Leave(ticket, reply(class, err))
	if ctx.Err() == nil { // else it was broken off
		s = l.breaker.done(spell, err)
	}
	return result, class, s, err
}

// enter waits until a read may be sent.
func (l Lane) enter(ctx context.Context) (pace.Ticket, *spell, error) {
	for {
		if err := l.breaker.wait(ctx); err != nil {
			return pace.Ticket{}, nil, err
		}
		ticket, err := l.Reads.Enter(ctx)
		if err != nil {
			return ticket, nil, err
		}
		if spell, ok := l.breaker.allow(); ok {
			return ticket, spell, nil
		}
		l.Reads.Leave(ticket, pace.Reply{Answer: pace.Unused})
	}
}

// learnt is what refusals of one call have taught the client: that its session
// has ended, or what time it is. After each, the call may be sent again once.
type learnt struct{ session, clock bool }

// from notes such a refusal and reports whether the call may be sent again.
func (l *learnt) from(class ecs.Class) (retry bool) {
	known := &l.session
	if class == ecs.Skewed {
		known = &l.clock
	}
	retry, *known = !*known, true
	return retry
}

func (l Lane) describe(ctx context.Context, q ecs.Query) (ecs.Page, error) {
	return read(ctx, l, func(ctx context.Context) (ecs.Page, error) {
		return l.API.DescribeImages(ctx, q)
	})
}

// Identify asks whose credentials a client has, retrying like any other read.
func Identify(ctx context.Context, l Lane, who func(context.Context) (ecs.Identity, error)) (ecs.Identity, error) {
	defer l.watching()()
	return read(ctx, l, who)
}

// Regions asks which regions an account has, retrying like any other read.
func Regions(ctx context.Context, l Lane, which func(context.Context) ([]string, error)) ([]string, error) {
	defer l.watching()()
	return read(ctx, l, which)
}

var errGone = errors.New("the image does not exist any more")

// gonePause is when an image that was not found is read once more: reads may
// lag behind writes, and a row whose image is gone is not attempted again.
const gonePause = 5 * time.Second

// readImage reads one image as it is now. If there is none it returns errGone.
func (l Lane) readImage(ctx context.Context, id string) (ecs.Image, error) {
	for n := range 2 {
		if n > 0 {
			if err := wait(ctx, gonePause); err != nil {
				return ecs.Image{}, err
			}
		}
		images, err := l.readImages(ctx, []string{id})
		if err != nil {
			return ecs.Image{}, err
		}
		if image, ok := images[id]; ok {
			return image, nil
		}
	}
	return ecs.Image{}, errGone
}

// readImages makes one call for at most [ecs.PageSize] images, and returns by id
// those that it shows. Only of a single id it proves that there is no image.
func (l Lane) readImages(ctx context.Context, ids []string) (map[string]ecs.Image, error) {
	page, err := l.describe(ctx, ecs.Query{IDs: ids})
	if err != nil {
		return nil, err
	}
	images := make(map[string]ecs.Image, len(page.Images))
	for _, image := range page.Images {
		images[image.ID] = image
	}
	return images, nil
}

// holder returns the id of the lane's image that has exactly this name, or ""
// if there is none or it cannot be read. The API's own filter is fuzzy.
func (l Lane) holder(ctx context.Context, name string) string {
	var listed pages
	for number := 1; ; number++ {
		page, err := l.describe(ctx, ecs.Query{Name: name, Page: number})
		if err != nil {
			return ""
		}
		at := slices.IndexFunc(page.Images, func(image ecs.Image) bool { return image.ImageName == name })
		if at >= 0 {
			return page.Images[at].ID
		}
		if listed.add(page); listed.over || listed.count >= page.Total {
			return ""
		}
	}
}
