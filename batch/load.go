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
	lanesAtOnce  = 64              // lanes that are listed side by side
	pagesAtOnce  = 8               // pages of a listing that are read side by side
	maxListings  = 5               // of a lane, if its images change meanwhile
	listingPause = 2 * time.Second // between two of them
	foreignLooks = 50              // calls for images of others in a lane, see FindForeign
)

// Load lists all lanes side by side, the images of each sorted by id. A lane
// that cannot be read is not an error here: its inventory says why, and the
// planner decides what becomes of its rows. Load fails only when ctx ends.
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

// List reads all own images of the lane, in every status, sorted by id. The API
// has no snapshots: images that come or go while the pages are read shift the
// others. A listing counts only if all its pages give the same total and
// contain as many different images; else it is read again.
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

// listOnce reads the first page, which says how many there are, and then the
// others side by side. steady reports that they do not contradict each other.
func (l Lane) listOnce(ctx context.Context) (images []ecs.Image, steady bool, err error) {
	first, err := l.describe(ctx, ecs.Query{Page: 1})
	if err != nil {
		return nil, false, err
	}
	var p pages
	p.add(first)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(pagesAtOnce)
	for number := 2; (number-1)*ecs.PageSize < first.Total && !p.ended(); number++ {
		g.Go(func() error {
			page, err := l.describe(ctx, ecs.Query{Page: number})
			if err == nil {
				p.add(page)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, false, err
	}
	images = p.images()
	return images, p.least == p.most && len(images) == first.Total, nil
}

// FindForeign looks for images that rows name but their lane does not list, and
// adds those that somebody else owns to the inventories, which are as [Load]
// returned them. It makes at most 50 calls a lane, since it only improves the
// reason of a refusal. Images that it cannot read count as missing.
func FindForeign(ctx context.Context, lanes []Lane, rows []plan.Request, inventories []plan.Inventory) {
	missing := missingImages(rows, inventories)
	var g errgroup.Group
	g.SetLimit(lanesAtOnce)
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
