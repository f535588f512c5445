package batch

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"imgrename/batch/ecs"
)

// The pages of one listing, in the order in which they are read. The TotalCount
// of a page may be anything: no memory is taken for it, and where the pages end
// is seen by the pages. The zero value is ready to use, by several goroutines.
type pages struct {
	mu          sync.Mutex
	read        [][]ecs.Image
	count       int             // images on them
	least, most int             // TotalCount
	starts      map[string]bool // first ids of pages
	over        bool            // a page behind the last one was read
}

// add notes a page. Behind its last page an API sends an empty one, or one that
// it has sent before.
func (p *pages) add(page ecs.Page) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.starts == nil {
		p.starts, p.least = make(map[string]bool), page.Total
	}
	p.least, p.most = min(p.least, page.Total), max(p.most, page.Total)
	if len(page.Images) == 0 || p.starts[page.Images[0].ID] {
		p.over = true
		return
	}
	p.starts[page.Images[0].ID] = true
	p.read = append(p.read, page.Images)
	p.count += len(page.Images)
}

// ended reports whether a page behind the last one was read.
func (p *pages) ended() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over
}

// agree reports whether all pages give the same total, and hold so many images.
func (p *pages) agree(images []ecs.Image) bool {
	return p.least == p.most && len(images) == p.least
}

// repeats reports whether both listings end with a page of nothing new, have no
// image twice, and have the same ones. A lane that is said to have images is not
// empty because none is sent.
func (p *pages) repeats(before *pages) bool {
	images := p.images()
	return p.over && before.over && p.count > 0 && p.count == len(images) && before.count == p.count &&
		slices.EqualFunc(images, before.images(), func(a, b ecs.Image) bool { return a.ID == b.ID })
}

// contradiction says what kept a listing from being whole.
func (p *pages) contradiction(before *pages) string {
	images := p.images()
	text := fmt.Sprintf("TotalCount was %d", p.least)
	if p.most > p.least {
		text += fmt.Sprintf(" to %d", p.most)
	}
	text += fmt.Sprintf(", its pages held %d images", p.count)
	if twice := p.count - len(images); twice > 0 {
		return text + fmt.Sprintf(", %d of them twice", twice)
	}
	if p.count > 0 && !p.repeats(before) {
		text += ", not the same as the time before"
	}
	return text
}

// images returns the images of all pages, each once, sorted by id.
func (p *pages) images() []ecs.Image {
	images := make([]ecs.Image, 0, p.count)
	for _, page := range p.read {
		images = append(images, page...)
	}
	slices.SortFunc(images, func(a, b ecs.Image) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(images, func(a, b ecs.Image) bool { return a.ID == b.ID })
}
