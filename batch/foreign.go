package batch

import (
	"context"

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
// inventories. An image that cannot be looked for counts as not there.
func FindForeign(ctx context.Context, lanes []Lane, rows []plan.Request, inventories []plan.Inventory) {
	missing := missingImages(rows, inventories)
	var g errgroup.Group
	g.SetLimit(lanesAtOnce)
	for i, ids := range missing {
		if len(ids) == 0 || inventories[i].Unread != nil || lanes[i].API == nil {
			continue
		}
		g.Go(func() error {
			for _, id := range ids[:min(len(ids), foreignLooks)] {
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

// missingImages are the ids, by lane, that rows name and the lane lacks.
func missingImages(rows []plan.Request, inventories []plan.Inventory) [][]string {
	own := make([]map[string]bool, len(inventories))
	missing := make([][]string, len(inventories))
	for i, inventory := range inventories {
		own[i] = make(map[string]bool, len(inventory.Images))
		for _, image := range inventory.Images {
			own[i][image.ID] = true
		}
	}
	for _, row := range rows {
		if id := row.Row.ImageID; id != "" && !own[row.Lane][id] && len(row.Invalid) == 0 {
			own[row.Lane][id] = true // once is enough
			missing[row.Lane] = append(missing[row.Lane], id)
		}
	}
	return missing
}
