package batch_test

import (
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"

	"imgrename/batch/ecs"
)

// staleBy is how far behind a stale read is.
const staleBy = 4 * time.Second

// A world is the images of one lane as the API keeps them: no two have one name.
// It does much less than the simulator, since it is played a million times.
type world struct {
	images  []ecs.Image          // by id
	ours    map[string]int       // calls of ours that changed an image
	touched map[string]time.Time // when an outsider last renamed an image
	past    []view               // what there was before each change
	pending []pendingCall        // in the order in which they were sent
	ownName bool                 // an image's own name is Duplicated, too
}

// A view is the images until a change.
type view struct {
	until  time.Time
	images []ecs.Image
}

// A pendingCall lands later.
type pendingCall struct {
	due time.Time
	id  string
	set ecs.Attributes
}

// copy returns an independent world without a past.
func (w *world) copy() *world {
	c := *w
	c.images, c.ours, c.touched = slices.Clone(w.images), maps.Clone(w.ours), maps.Clone(w.touched)
	c.past, c.pending = nil, slices.Clone(w.pending)
	return &c
}

// holder returns the id of the image that has the name, "" if there is none.
func (w *world) holder(name string) string {
	for i := range w.images {
		if w.images[i].ImageName == name {
			return w.images[i].ID
		}
	}
	return ""
}

// image returns the index of an image.
func (w *world) image(id string) *ecs.Image {
	return &w.images[slices.IndexFunc(w.images, func(i ecs.Image) bool { return i.ID == id })]
}

// set makes an edit. It reports false if the name is taken.
func (w *world) set(at time.Time, id string, set ecs.Attributes) bool {
	if set.ImageName != "" {
		if holder := w.holder(set.ImageName); holder != "" && (holder != id || w.ownName) {
			return false
		}
	}
	if w.image(id).Changes(set) == (ecs.Attributes{}) {
		return true
	}
	w.past = append(w.past, view{at, w.images})
	w.images = slices.Clone(w.images)
	w.image(id).Attributes = w.image(id).Apply(set)
	return true
}

// edit is a call of ours that arrives.
func (w *world) edit(at time.Time, id string, set ecs.Attributes) bool {
	before := w.image(id).Attributes
	ok := w.set(at, id, set)
	if w.image(id).Attributes != before {
		w.ours[id]++
	}
	return ok
}

// meddle edits an image as an outsider does.
func (w *world) meddle(at time.Time, m meddling) {
	if w.set(at, m.id, ecs.Attributes{ImageName: m.name, Description: m.about}) {
		w.touched[m.id] = at
	}
}

// land applies the calls that are due.
func (w *world) land(now time.Time) {
	for {
		next := -1
		for i, call := range w.pending {
			if !call.due.After(now) && (next < 0 || call.due.Before(w.pending[next].due)) {
				next = i
			}
		}
		if next < 0 {
			return
		}
		call := w.pending[next]
		w.pending = slices.Delete(w.pending, next, next+1)
		w.edit(call.due, call.id, call.set)
	}
}

// at returns the images as they were at a time.
func (w *world) at(moment time.Time) []ecs.Image {
	for _, v := range w.past {
		if v.until.After(moment) {
			return v.images
		}
	}
	return w.images
}

// choose selects what a query asks for.
func (q modelQuery) choose(images []ecs.Image) ecs.Page {
	page := ecs.Page{Images: make([]ecs.Image, 0, len(images))}
	for _, image := range images {
		if len(q.IDs) > 0 && !slices.Contains(q.IDs, image.ID) || !strings.Contains(image.ImageName, q.Name) {
			continue
		}
		page.Images = append(page.Images, image)
	}
	page.Total = len(page.Images)
	return page
}

type modelQuery ecs.Query

// sum adds the state of the world to a hash. Calls under way count by what they
// set and how long they still take.
func (w *world) sum(h *maphash.Hash, now time.Time) {
	for _, image := range w.images {
		for _, text := range []string{image.ID, image.ImageName, image.Description} {
			_, _ = h.WriteString(text)
			_ = h.WriteByte(0)
		}
	}
	for _, call := range w.pending {
		_, _ = h.WriteString(call.id + call.set.ImageName + call.set.Description)
		_ = h.WriteByte(byte(call.due.Sub(now) / time.Second))
	}
}
