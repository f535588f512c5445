package plan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// A world is the images of some lanes as the API would keep them.
type world struct {
	lanes []plan.Inventory
	// images and names are by lane.
	images []map[string]*ecs.Image
	names  []map[string]string
}

func newWorld(lanes []plan.Inventory) *world {
	w := &world{lanes: lanes}
	for _, l := range lanes {
		images, names := make(map[string]*ecs.Image), make(map[string]string)
		for _, i := range l.Images {
			images[i.ID], names[i.ImageName] = &i, i.ID
		}
		w.images, w.names = append(w.images, images), append(w.names, names)
	}
	return w
}

// send makes one call and fails as the API would.
func (w *world) send(lane int, id string, set ecs.Attributes) error {
	image := w.images[lane][id]
	switch {
	case image == nil:
		return fmt.Errorf("no image %s", id)
	case set == ecs.Attributes{}:
		return fmt.Errorf("%s: an empty edit", id)
	case image.Changes(set) != set:
		return fmt.Errorf("%s: the edit %+v sends what the image has", id, set)
	}
	if name := set.ImageName; name != "" {
		if holder, ok := w.names[lane][name]; ok {
			return fmt.Errorf("%s: the name %q is held by %s", id, name, holder)
		}
		delete(w.names[lane], image.ImageName)
		w.names[lane][name] = id
	}
	image.Attributes = image.Apply(set)
	return nil
}

// inventories lists the images as they are now.
func (w *world) inventories() []plan.Inventory {
	var all []plan.Inventory
	for i, l := range w.lanes {
		l.Images = nil
		for _, image := range w.images[i] {
			l.Images = append(l.Images, *image)
		}
		all = append(all, l)
	}
	return all
}

// run carries out the plan, many chains at a time in any order that After
// allows. It stops after some calls if limit is not negative.
func (w *world) run(p *plan.Plan, r *rand.Rand, limit int) error {
	next := make([]int, len(p.Chains))
	for ; limit != 0; limit-- {
		ready := readyChains(p, next)
		if len(ready) == 0 {
			break
		}
		c := ready[r.IntN(len(ready))]
		step := p.Chains[c].Steps[next[c]]
		next[c]++
		row := p.Rows[step.Row]
		if row.Lane != p.Chains[c].Lane {
			return fmt.Errorf("chain %d is of another lane than row %d", c, step.Row)
		}
		if err := w.send(row.Lane, row.ImageID, *step.Set); err != nil {
			return fmt.Errorf("chain %d, step %d: %w", c, next[c]-1, err)
		}
	}
	for i, c := range p.Chains {
		if limit != 0 && next[i] < len(c.Steps) {
			return fmt.Errorf("chain %d waits for ever", i)
		}
	}
	return nil
}

func readyChains(p *plan.Plan, next []int) []int {
	var ready []int
	for i, c := range p.Chains {
		waits := slices.ContainsFunc(c.After, func(other int) bool { return next[other] < len(p.Chains[other].Steps) })
		if next[i] < len(c.Steps) && !waits {
			ready = append(ready, i)
		}
	}
	return ready
}

// A dice makes lanes and rows of every kind.
type dice struct{ *rand.Rand }

func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

func (d dice) pick(words ...string) string { return words[d.IntN(len(words))] }

// lane makes images, some of them parked, and rows: a part of a random
// permutation of the names, new names, names of strangers, other edits.
func (d dice) lane(l plan.Lane, index int) (plan.Inventory, []plan.Request) {
	n := 1 + d.IntN(14)
	inv := plan.Inventory{Lane: l}
	for i := range n {
		inv.Images = append(inv.Images, d.image(l, fmt.Sprintf("m-%d-%02d", index, i), i))
	}
	var rows []plan.Request
	share := 30 + d.IntN(71)
	for i, to := range d.Perm(n) {
		if d.chance(share) {
			row := d.row(inv.Images[i], inv.Images[to])
			if want := row.Want.ImageName; want != "" && d.chance(5) { // an open ring
				inv.Images[i].ImageName = plan.TemporaryName(l.Account, l.Region, inv.Images[i].ID, want)
			}
			rows = append(rows, plan.Request{Row: row, Lane: index})
		}
	}
	d.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return inv, rows
}

func (d dice) image(l plan.Lane, id string, i int) ecs.Image {
	image := ecs.Image{ID: id, Created: fmt.Sprintf("2025-01-%02dT00:00:00Z", 1+d.IntN(28)), Shared: d.chance(20)}
	image.ImageName = fmt.Sprintf("name-%02d", i)
	if d.chance(5) {
		image.ImageName = plan.TemporaryName(l.Account, l.Region, id, "lost")
	}
	image.Status = d.pick(ecs.Available, ecs.Available, ecs.Deprecated)
	image.ImageFamily = d.pick("", "ff", "gg")
	image.Description = d.pick("", "text")
	return image
}

func (d dice) row(from, to ecs.Image) *manifest.Row {
	row := &manifest.Row{ImageID: from.ID}
	switch {
	case d.chance(75):
		row.Want.ImageName = to.ImageName
	case d.chance(75):
		row.Want.ImageName = fmt.Sprintf("new-%d", d.IntN(12))
	}
	if d.chance(15) {
		row.Want.Description = d.pick("text", "other")
	}
	if d.chance(15) {
		row.Want.Status = d.pick(ecs.Available, ecs.Deprecated)
	}
	if d.chance(15) {
		row.Want.ImageFamily = d.pick("ff", "gg", "hh")
	}
	if d.chance(20) {
		row.Current = &manifest.Values{ImageName: from.ImageName}
		if d.chance(50) {
			row.ImageID = ""
		}
	}
	if d.chance(4) {
		row.Current = &manifest.Values{ImageName: row.Condition().ImageName, Description: "else"}
	}
	if d.chance(2) {
		row.ImageID = "m-none"
	}
	return row
}

// job makes some lanes and their rows, mixed.
func (d dice) job() ([]plan.Request, []plan.Inventory) {
	var lanes []plan.Inventory
	var rows []plan.Request
	for i := range 1 + d.IntN(3) {
		inv, some := d.lane(plan.Lane{Account: "1001", Region: fmt.Sprint("r-", i)}, i)
		lanes, rows = append(lanes, inv), append(rows, some...)
	}
	d.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	for i := range rows {
		rows[i].Line, rows[i].RegionID = i+2, lanes[rows[i].Lane].Lane.Region
	}
	return rows, lanes
}
