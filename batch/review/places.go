package review

import (
	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// places is where each row's image is in its lane's listing.
type places struct {
	plan  *plan.Plan
	lanes []plan.Inventory
	at    []int32 // by row; -1 if it has none
}

// findPlaces finds the rows' images. Manifests mostly have the order of the
// listing, so the image after the last row's is tried first.
func findPlaces(p *plan.Plan, lanes []plan.Inventory) *places {
	all := &places{plan: p, lanes: lanes, at: make([]int32, len(p.Rows))}
	next := make([]int, len(p.Lanes))
	indexes := make([]map[string]int32, len(p.Lanes))
	for i := range p.Rows {
		r := &p.Rows[i]
		all.at[i] = -1
		images := all.images(r.Lane)
		if len(images) == 0 || r.ImageID == "" {
			continue
		}
		if n := next[r.Lane]; n < len(images) && images[n].ID == r.ImageID {
			all.at[i], next[r.Lane] = int32(n), n+1
			continue
		}
		if indexes[r.Lane] == nil {
			indexes[r.Lane] = index(images)
		}
		if n, ok := indexes[r.Lane][r.ImageID]; ok {
			all.at[i], next[r.Lane] = n, int(n)+1
		}
	}
	return all
}

// index returns the first place of each id.
func index(images []ecs.Image) map[string]int32 {
	places := make(map[string]int32, len(images))
	for i := range images {
		if _, ok := places[images[i].ID]; !ok {
			places[images[i].ID] = int32(i)
		}
	}
	return places
}

// images returns a lane's listing. A plan may have more lanes than were listed.
func (p *places) images(lane int) []ecs.Image {
	if lane >= len(p.lanes) {
		return nil
	}
	return p.lanes[lane].Images
}

// image returns the row's image, nil if it has none.
func (p *places) image(row int) *ecs.Image {
	if p.at[row] < 0 {
		return nil
	}
	return &p.lanes[p.plan.Rows[row].Lane].Images[p.at[row]]
}

// created returns when the row's image was created, "" if that is not known.
func (p *places) created(row int) string {
	if image := p.image(row); image != nil {
		return image.Created
	}
	return ""
}

// inUse returns the planned rows whose image instances were made from.
func (p *places) inUse() (rows []int) {
	for i := range p.plan.Rows {
		if image := p.image(i); image != nil && image.InUse && p.plan.Rows[i].Verdict == plan.Planned {
			rows = append(rows, i)
		}
	}
	return rows
}
