package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"imgrename/batch/ecs"
)

// assess adds the lane's risks to the plan.
func (b *board) assess() {
	b.assessFamilies()
	b.note(OneWay, "the license type cannot be changed back", b.setting(ecs.LicenseType, func(*entry) bool { return true }))
	v2 := func(e *entry) bool { return e.set.ImdsSupport == "v2" }
	b.note(OneWay, "imds v2 cannot go back to v1", b.setting(ecs.ImdsSupport, v2))
}

// A launch is the image that a launch by one family boots, before and after the
// plan, and the planned rows that touch the family.
type launch struct {
	rows          []int
	before, after *ecs.Image // nil for none
}

// assessFamilies checks every family that a row touches: an image joins it,
// leaves it or changes its status. A family that had no Available image is no
// risk: no launch by it boots another image than before.
func (b *board) assessFamilies() {
	families := b.touched()
	if len(families) == 0 {
		return
	}
	for i := range b.holders {
		b.holders[i].compete(families)
	}
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if l := families[name]; l.before != nil && l.before != l.after {
			b.add(b.launchRisk(name, l))
		}
	}
}

// touched returns the families that planned rows change, with those rows.
func (b *board) touched() map[string]*launch {
	if b.edits.Status == "" && b.edits.ImageFamily == "" {
		return nil
	}
	families := make(map[string]*launch)
	for i := range b.entries {
		e := &b.entries[i]
		if e.row.Verdict != Planned || e.set.Status == "" && e.set.ImageFamily == "" {
			continue
		}
		for _, name := range []string{e.image.ImageFamily, e.set.ImageFamily} { // the second is empty if it stays
			if name == "" {
				continue
			}
			if families[name] == nil {
				families[name] = new(launch)
			}
			families[name].rows = append(families[name].rows, e.index)
		}
	}
	return families
}

// compete enters the image, as it is and as it will be, for the family's next
// launch: the newest Available image wins.
func (h *holder) compete(families map[string]*launch) {
	if l := families[h.ImageFamily]; l != nil && h.Status == ecs.Available {
		l.before = newer(l.before, h.Image)
	}
	after := h.after()
	if l := families[after.ImageFamily]; l != nil && after.Status == ecs.Available {
		l.after = newer(l.after, h.Image)
	}
}

// after returns the image's values once the plan is done.
func (h *holder) after() ecs.Attributes {
	if h.entry == nil || h.entry.row.Verdict != Planned {
		return h.Attributes
	}
	return h.Apply(*h.entry.set)
}

func newer(a, b *ecs.Image) *ecs.Image {
	if a == nil || a.Created < b.Created || a.Created == b.Created && a.ID < b.ID {
		return b
	}
	return a
}

func (b *board) launchRisk(family string, l *launch) Notice {
	n := Notice{
		Kind: FamilyMoves, Lane: b.at, Rows: l.rows,
		Family: family, Before: l.before.ID, ImageIDs: []string{l.before.ID},
	}
	if l.after == nil {
		n.Kind = DeprecateLast
		n.Text = fmt.Sprintf("family %q is left without an Available image: launches boot %s now and will fail", family, n.Before)
		return n
	}
	n.After = l.after.ID
	n.ImageIDs = append(n.ImageIDs, n.After)
	n.Text = fmt.Sprintf("a launch by family %q boots %s (%s) now and will boot %s (%s)",
		family, n.Before, day(l.before), n.After, day(l.after))
	return n
}

// day is the date of an image's creation.
func day(image *ecs.Image) string {
	date, _, _ := strings.Cut(image.Created, "T")
	return cmp.Or(date, "undated")
}
