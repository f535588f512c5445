package batch

import (
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

// images returns the images of all pages, each once, sorted by id.
func (p *pages) images() []ecs.Image {
	images := make([]ecs.Image, 0, p.count)
	for _, page := range p.read {
		images = append(images, page...)
	}
	slices.SortFunc(images, func(a, b ecs.Image) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(images, func(a, b ecs.Image) bool { return a.ID == b.ID })
}
