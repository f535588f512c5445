package plan_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// TestPlanHolds checks on random jobs what a plan promises.
func TestPlanHolds(t *testing.T) {
	seeds := uint64(4_000)
	if testing.Short() {
		seeds = 1_000
	}
	seen := make(map[string]int)
	for seed := range seeds {
		d := dice{rand.New(rand.NewPCG(seed, 1))}
		rows, lanes := d.job()
		p := plan.New(rows, lanes)
		if err := holds(p, lanes, d.Rand); err != nil {
			t.Fatalf("seed %d: %v\n%v\n%v", seed, err, verdicts(p), chains(p))
		}
		if err := survives(p, rows, lanes, d.Rand); err != nil {
			t.Fatalf("seed %d: stopped on the way: %v\n%v\n%v", seed, err, verdicts(p), chains(p))
		}
		survey(p, seen)
	}
	for _, what := range []string{
		"planned", "unchanged", "refused", "conflict", "blocked",
		"ring", "path", "open", "after", "edits in a ring",
	} {
		if seen[what] < int(seeds)/100 {
			t.Errorf("only %d × %q in %d jobs", seen[what], what, seeds)
		}
	}
}

// survey counts what the random jobs have exercised.
func survey(p *plan.Plan, seen map[string]int) {
	for _, r := range p.Rows {
		seen[r.Verdict.String()]++
	}
	for _, c := range p.Chains {
		for what, is := range map[string]bool{
			"ring": c.Ring, "path": !c.Ring && len(c.Steps) > 1, "open": c.Open, "after": c.After != nil,
			"edits in a ring": c.Ring && c.Steps[0].Set.ImageName == "",
		} {
			if is {
				seen[what]++
			}
		}
	}
}

// holds carries the plan out and compares the end with what was wanted.
func holds(p *plan.Plan, lanes []plan.Inventory, r *rand.Rand) error {
	if want := fairPrice(p, lanes); p.Calls() != want {
		return fmt.Errorf("%d calls, want %d", p.Calls(), want)
	}
	w := newWorld(lanes)
	if err := w.run(p, r, -1); err != nil {
		return err
	}
	want := newWorld(lanes)
	for _, row := range p.Rows {
		if row.Verdict == plan.Planned {
			image := want.images[row.Lane][row.ImageID]
			image.Attributes = image.Apply(ecs.Attributes(row.Want))
		}
	}
	if diff := cmp.Diff(want.images, w.images); diff != "" {
		return fmt.Errorf("ends otherwise: %s", diff)
	}
	again := plan.Compare(p, w.inventories())
	for i, row := range again.Rows {
		if p.Rows[i].Verdict == plan.Planned && row.Verdict != plan.Unchanged {
			return fmt.Errorf("row %d is %v after all was done: %v", i, row.Verdict, row.Problem)
		}
	}
	return nil
}

// fairPrice counts what a plan may cost: a call for each planned row, one for
// each ring, one for each ring member with other edits. Rings are found anew,
// from the names.
func fairPrice(p *plan.Plan, lanes []plan.Inventory) int {
	type place struct {
		lane int
		name string
	}
	leads, edits, calls := make(map[place]string), make(map[place]bool), 0
	w := newWorld(lanes)
	for _, row := range p.Rows {
		if row.Verdict != plan.Planned {
			continue
		}
		calls++
		image := w.images[row.Lane][row.ImageID]
		set := image.Changes(ecs.Attributes(row.Want))
		if set.ImageName != "" {
			at := place{row.Lane, image.ImageName}
			leads[at] = set.ImageName
			edits[at] = set != ecs.Attributes{ImageName: set.ImageName}
		}
	}
	for start := range leads {
		first, at := start.name, place{start.lane, leads[start]}
		for n := 0; n < len(leads) && at != start; n++ {
			first = min(first, at.name)
			at.name = leads[at]
		}
		if at != start {
			continue
		}
		if first == start.name {
			calls++ // once for each ring
		}
		if edits[start] {
			calls++
		}
	}
	return calls
}

// survives stops the plan after any number of calls and continues with what
// Compare, or a fresh plan of the same manifest, makes of it.
func survives(p *plan.Plan, rows []plan.Request, lanes []plan.Inventory, r *rand.Rand) error {
	if p.Calls() == 0 {
		return nil
	}
	w := newWorld(lanes)
	done := r.IntN(p.Calls() + 1)
	if err := w.run(p, r, done); err != nil {
		return err
	}
	rest := plan.Compare(p, w.inventories())
	if rest.Calls() > p.Calls()-done {
		return fmt.Errorf("%d calls left of %d after %d", rest.Calls(), p.Calls(), done)
	}
	for i, row := range rest.Rows {
		if p.Rows[i].Verdict == plan.Planned && row.Problem != nil {
			return fmt.Errorf("row %d is %v: %v", i, row.Verdict, row.Problem)
		}
		if row.Problem == nil && row.Old.ImageName != p.Rows[i].Old.ImageName && row.Old.ImageName != row.Want.ImageName {
			return fmt.Errorf("row %d: old name %q", i, row.Old.ImageName)
		}
	}
	if err := lightens(p, w, r); err != nil {
		return err
	}
	return holds(rest, w.inventories(), r)
}

// lightens compares the rest of a plan with the rest of the same without what
// nothing asks for, after somebody has edited an image.
func lightens(p *plan.Plan, w *world, r *rand.Rand) error {
	inventories := w.inventories()
	theirs := &inventories[r.IntN(len(inventories))]
	if len(theirs.Images) > 0 {
		theirs.Images[r.IntN(len(theirs.Images))].Description += "theirs"
	}
	light := *p
	light.Chains = slices.Clone(p.Chains)
	light.Lighten()
	if diff := cmp.Diff(plan.Rest(p, inventories), plan.Rest(&light, inventories), cmp.AllowUnexported(plan.Chain{})); diff != "" {
		return fmt.Errorf("the rest of the lighter plan is another: %s", diff)
	}
	return nil
}

// TestSameInputSameBytes shuffles what has no order.
func TestSameInputSameBytes(t *testing.T) {
	for seed := range uint64(500) {
		d := dice{rand.New(rand.NewPCG(seed, 2))}
		rows, lanes := d.job()
		first := encoded(t, plan.New(rows, lanes))
		for i := range lanes {
			images := slices.Clone(lanes[i].Images)
			images = append(images, images[d.IntN(len(images))]) // a page that came twice
			d.Shuffle(len(images), func(i, j int) { images[i], images[j] = images[j], images[i] })
			lanes[i].Images = images
		}
		if diff := cmp.Diff(first, encoded(t, plan.New(rows, lanes))); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

func encoded(t *testing.T, p *plan.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := plan.Encode(&b, p, plan.FileInfo{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
