package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// Load lists all lanes, side by side. A lane that cannot be read is no error
// here: the inventory says why, and what becomes of its rows is the planner's
// to decide. Load fails only when ctx ends.
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
		images, total, err := l.listOnce(ctx)
		if err != nil {
			return nil, err
		}
		if len(images) == total {
			slices.SortFunc(images, func(a, b ecs.Image) int { return strings.Compare(a.ID, b.ID) })
			return images, nil
		}
	}
	return nil, fmt.Errorf("%w %d times: the images of %s changed meanwhile", errUnsteady, maxListings, l.Region)
}

var errUnsteady = errors.New("the pages of a listing contradicted each other")

// unsteady is the total of a listing whose pages contradict each other.
const unsteady = -1

func (l Lane) listOnce(ctx context.Context) (images []ecs.Image, total int, err error) {
	seen := make(map[string]bool)
	for number := 1; ; number++ {
		page, err := l.describe(ctx, ecs.Query{Page: number})
		if err != nil {
			return nil, 0, err
		}
		if number > 1 && page.Total != total {
			return nil, unsteady, nil
		}
		total = page.Total
		for _, image := range page.Images {
			if !seen[image.ID] {
				seen[image.ID] = true
				images = append(images, image)
			}
		}
		if len(page.Images) == 0 || number*ecs.PageSize >= total {
			return images, total, nil
		}
	}
}

func (l Lane) describe(ctx context.Context, q ecs.Query) (ecs.Page, error) {
	return read(ctx, l.Reads, l.Retry, func(ctx context.Context) (ecs.Page, error) {
		return l.API.DescribeImages(ctx, q)
	})
}

// Identify asks whose credentials a client has, once, with the same patience
// as any other read.
func Identify(ctx context.Context, l Lane, who func(context.Context) (ecs.Identity, error)) (ecs.Identity, error) {
	return read(ctx, l.Reads, l.Retry, who)
}

var errGone = errors.New("the image does not exist any more")

// look reads one image as it is now; errGone if there is none.
func (l Lane) look(ctx context.Context, id string) (ecs.Image, error) {
	page, err := l.describe(ctx, ecs.Query{IDs: []string{id}})
	if err != nil {
		return ecs.Image{}, err
	}
	for _, image := range page.Images {
		if image.ID == id {
			return image, nil
		}
	}
	return ecs.Image{}, errGone
}
