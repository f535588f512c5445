package batch

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// foreignLooks bounds the calls that go into telling, for each lane, images
// that are not there from those of somebody else: it makes the reason of a
// refusal better and changes nothing else.
const foreignLooks = 50

// FindForeign looks for the images that rows name and that their lane does not
// have among its own, and notes those that belong to somebody else in the
// inventories, which are as [Load] returned them. An image that cannot be looked
// for counts as not there.
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
				for _, image := range page.Images {
					if image.ID == id {
						inventories[i].Foreign = append(inventories[i].Foreign, id)
					}
				}
			}
			return nil
		})
	}
	_ = g.Wait() // nothing fails
}

// missingImages are the first ids, by lane, that rows name and the lane lacks.
func missingImages(rows []plan.Request, inventories []plan.Inventory) [][]string {
	missing := make([][]string, len(inventories))
	for _, row := range rows {
		id, found := row.Row.ImageID, missing[row.Lane]
		if id == "" || len(row.Invalid) > 0 || len(found) == foreignLooks || slices.Contains(found, id) {
			continue
		}
		if !has(inventories[row.Lane].Images, id) {
			missing[row.Lane] = append(found, id)
		}
	}
	return missing
}

// has tells whether an image is among those, which are in the order of their ids.
func has(images []ecs.Image, id string) bool {
	_, found := slices.BinarySearchFunc(images, id, func(image ecs.Image, id string) int { return strings.Compare(image.ID, id) })
	return found
}
