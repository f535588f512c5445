package batch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

const (
	readsAtOnce = 64 // calls that are under way side by side, of all lanes
	pagesAtOnce = 8  // pages of a listing that are read side by side
	maxListings = 5  // of a lane, if its images change meanwhile
	// otherPageSize shares no factor with ecs.PageSize: pages of the two sizes
	// begin at the same image only once in 7,300.
	otherPageSize = 73
	listingPause  = 2 * time.Second // between two of them
	foreignLooks  = 50              // calls for images of others in a lane, see FindForeign
)

// Load lists all lanes side by side, the images of each sorted by id. A lane
// that cannot be read is not an error here: its inventory says why, and the
// planner decides what becomes of its rows. Load fails only when ctx ends. A lane
// that waits for the network, as its Reach says, is in nobody's way.
func Load(ctx context.Context, lanes []Lane) ([]plan.Inventory, error) {
	inventories := make([]plan.Inventory, len(lanes))
	var g errgroup.Group
	turns := make(turns, readsAtOnce)
	for _, lane := range lanes {
		lane.Reach.begin()
	}
	for i, lane := range lanes {
		if lane.API == nil {
			inventories[i] = plan.Inventory{Lane: lane.Lane, Unread: lane.Err}
			continue
		}
		g.Go(func() error {
			lane.turns = turns
			defer lane.watching()()
			images, err := lane.List(ctx)
			inventories[i] = plan.Inventory{Lane: lane.Lane, Images: images, Unread: err}
			return nil
		})
	}
	_ = g.Wait() // a lane's failure is data
	return inventories, context.Cause(ctx)
}

// List reads all own images of the lane, in every status, sorted by id. The API
// has no snapshots: images that come or go while the pages are read shift the
// others. A listing counts if all its pages give the same total and contain as
// many different images; else it is read again.
//
// An API whose totals are never right must not keep a lane from work for ever.
// So a listing counts as well, whatever its totals, if it goes on to a page with
// nothing new, has no image twice, and has the same images as the listing before
// it, whose pages had another size. An image that came or went meanwhile is in
// one of the two only; one that is lost where two pages meet is within a page of
// the other.
func (l Lane) List(ctx context.Context) ([]ecs.Image, error) {
	var before, last *pages
	for n := range maxListings {
		if n > 0 {
			if err := wait(ctx, listingPause); err != nil {
				return nil, err
			}
		}
		size := ecs.PageSize
		if n >= 2 && n%2 == 0 {
			size = otherPageSize
		}
		var err error
		before = last
		if last, err = l.listOnce(ctx, size, n > 0); err != nil {
			return nil, err
		}
		if images := last.images(); last.agree(images) || n > 1 && last.repeats(before) {
			return images, nil
		}
	}
	return nil, fmt.Errorf("no listing of %s was whole in %d tries: %s", l.Region, maxListings, last.contradiction(before))
}

// listOnce reads the first page, which says how many there are, and then the
// others side by side. If the pages disagree with that number and toEnd is set,
// it goes on to a page with nothing new.
func (l Lane) listOnce(ctx context.Context, size int, toEnd bool) (*pages, error) {
	first, err := l.describe(ctx, ecs.Query{Page: 1, Size: size})
	if err != nil {
		return nil, err
	}
	p := new(pages)
	p.add(first)
	read := func(ctx context.Context, number int) error {
		page, err := l.describe(ctx, ecs.Query{Page: number, Size: size})
		if err == nil {
			p.add(page)
		}
		return err
	}
	g, side := errgroup.WithContext(ctx)
	g.SetLimit(pagesAtOnce)
	number := 2
	for ; (number-1)*len(first.Images) < first.Total && !p.ended(); number++ { // pages may be smaller than asked
		page := number
		g.Go(func() error { return read(side, page) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for toEnd = toEnd && !p.agree(p.images()); toEnd && !p.ended(); number++ {
		if err := read(ctx, number); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// FindForeign looks for images that rows name but their lane does not list, and
// adds those that somebody else owns to the inventories, which are as [Load]
// returned them. It makes at most 50 calls a lane, since it only improves the
// reason of a refusal. Images that it cannot read count as missing.
func FindForeign(ctx context.Context, lanes []Lane, rows []plan.Request, inventories []plan.Inventory) {
	missing := missingImages(rows, inventories)
	var g errgroup.Group
	g.SetLimit(readsAtOnce)
	for i, ids := range missing {
		if len(ids) == 0 || inventories[i].Unread != nil || lanes[i].API == nil {
			continue
		}
		g.Go(func() error {
			for _, id := range ids {
				page, err := lanes[i].describe(ctx, ecs.Query{IDs: []string{id}, Anybodys: true})
				if err != nil {
					return nil
				}
				if slices.ContainsFunc(page.Images, func(image ecs.Image) bool { return image.ID == id }) {
					inventories[i].Foreign = append(inventories[i].Foreign, id)
				}
			}
			return nil
		})
	}
	_ = g.Wait() // nothing fails
}

// missingImages returns, by lane, the first ids that rows name and it lacks.
func missingImages(rows []plan.Request, inventories []plan.Inventory) [][]string {
	missing := make([][]string, len(inventories))
	for _, row := range rows {
		id, found := row.Row.ImageID, missing[row.Lane]
		if id == "" || len(row.Invalid) > 0 || len(found) == foreignLooks || slices.Contains(found, id) {
			continue
		}
		_, listed := slices.BinarySearchFunc(inventories[row.Lane].Images, id,
			func(image ecs.Image, id string) int { return strings.Compare(image.ID, id) })
		if !listed {
			missing[row.Lane] = append(found, id)
		}
	}
	return missing
}
