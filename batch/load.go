package batch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// maxListings bounds how often a listing is begun anew because the images
// changed while it was read.
const maxListings = 5

// listingPause is the time between two such listings.
const listingPause = 2 * time.Second

// lanesAtOnce bounds the lanes that are listed side by side.
const lanesAtOnce = 64

// Load lists all lanes, side by side, the images of each in the order of their
// ids. A lane that cannot be read is no error here: the inventory says why, and
// what becomes of its rows is the planner's to decide. Load fails only when ctx
// ends.
func Load(ctx context.Context, lanes []Lane) ([]plan.Inventory, error) {
	inventories := make([]plan.Inventory, len(lanes))
	var g errgroup.Group
	g.SetLimit(lanesAtOnce)
	for i, lane := range lanes {
		if lane.API == nil {
			inventories[i] = plan.Inventory{Lane: lane.Lane, Unread: lane.Err}
			continue
		}
		g.Go(func() error {
			images, err := lane.List(ctx)
			inventories[i] = plan.Inventory{Lane: lane.Lane, Images: images, Unread: err}
			return nil
		})
	}
	_ = g.Wait() // a lane's failure is data
	return inventories, context.Cause(ctx)
}

// List reads all own images of the lane, in every status, sorted by id. The
// API has no snapshots: images that come or go while the pages are read shift
// the others. A listing counts only if all its pages name the same total and
// as many different images were seen; else it is read again.
func (l Lane) List(ctx context.Context) ([]ecs.Image, error) {
	for n := range maxListings {
		if n > 0 {
			if err := wait(ctx, listingPause); err != nil {
				return nil, err
			}
		}
		images, steady, err := l.listOnce(ctx)
		if steady || err != nil {
			return images, err
		}
	}
	return nil, fmt.Errorf("the pages of a listing contradicted each other %d times: the images of %s changed meanwhile", maxListings, l.Region)
}

// pagesAtOnce bounds the pages of a listing that are read side by side.
const pagesAtOnce = 8

// listOnce reads the first page, which tells how many there are, and then the
// others side by side. It is steady if they do not contradict each other.
func (l Lane) listOnce(ctx context.Context) (images []ecs.Image, steady bool, err error) {
	first, err := l.describe(ctx, ecs.Query{Page: 1})
	if err != nil {
		return nil, false, err
	}
	images = append(make([]ecs.Image, 0, first.Total), first.Images...)
	steady = true
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(pagesAtOnce)
	for number := 2; (number-1)*ecs.PageSize < first.Total; number++ {
		g.Go(func() error {
			page, err := l.describe(ctx, ecs.Query{Page: number})
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			steady = steady && page.Total == first.Total
			images = append(images, page.Images...)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, false, err
	}
	slices.SortFunc(images, func(a, b ecs.Image) int { return strings.Compare(a.ID, b.ID) })
	images = slices.CompactFunc(images, func(a, b ecs.Image) bool { return a.ID == b.ID })
	return images, steady && len(images) == first.Total, nil
}
