package ecssim

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// A lane is one account in one region: its images, its quotas, and nothing of
// any other lane, so that lanes never wait for each other.
type lane struct {
	region string
	keep   time.Duration // how long a read may look back

	mu        sync.Mutex
	byID      map[string]*record
	byName    map[string]string // own images' names → ids
	families  map[string]int    // own images in each family
	order     []*record         // as a listing shows them: newest first
	foreign   bool              // an image in order is, or was, not own
	community bool              // an image in order is, or was, a community image
	gone      int               // records in order whose image was removed
	writes    uint64
	meters    map[string]*meter
	turns     map[uint64]uint64 // how often each call was made, see exchange.draw
}

// A record is an image and its recent past. The last revision is its present
// state.
type record struct{ revisions []revision }

type revision struct {
	since time.Time
	image Image
	gone  bool
}

func (r *record) now() *revision { return &r.revisions[len(r.revisions)-1] }

// at returns the image as it was at a time, and whether it existed.
func (r *record) at(t time.Time) (Image, bool) {
	for _, v := range slices.Backward(r.revisions) {
		if !v.since.After(t) {
			return v.image, !v.gone
		}
	}
	return Image{}, false
}

func newLane(account, region string, images []Image, keep time.Duration) (*lane, error) {
	l := &lane{
		region: region, keep: keep,
		byID:     make(map[string]*record, len(images)),
		byName:   make(map[string]string, len(images)),
		families: make(map[string]int),
		meters:   make(map[string]*meter),
		turns:    make(map[uint64]uint64),
	}
	for _, image := range images {
		image = image.clone().withDefaults()
		if image.ID == "" {
			return nil, fmt.Errorf("account %s, region %s: image %q has no id", account, region, image.Name)
		}
		if _, twice := l.byID[image.ID]; twice {
			return nil, fmt.Errorf("account %s, region %s: image %s is there twice", account, region, image.ID)
		}
		if holder, taken := l.byName[image.Name]; taken && image.own() {
			return nil, fmt.Errorf("account %s, region %s: images %s and %s are both named %q", account, region, holder, image.ID, image.Name)
		}
		r := &record{[]revision{{image: image}}}
		l.byID[image.ID] = r
		l.order = append(l.order, r)
		l.note(image)
		l.index(image)
	}
	slices.SortFunc(l.order, recordOrder)
	return l, nil
}

func recordOrder(a, b *record) int { return newestFirst(a.now().image, b.now().image) }

// note keeps in mind which kinds of images a listing may have to leave out.
func (l *lane) note(image Image) {
	l.foreign = l.foreign || !image.own()
	l.community = l.community || image.community()
}

// index notes what the rules look up: the names and families of own images.
func (l *lane) index(image Image) {
	if !image.own() {
		return
	}
	if image.Name != "" {
		l.byName[image.Name] = image.ID
	}
	if image.Family != "" {
		l.families[image.Family]++
	}
}

func (l *lane) unindex(image Image) {
	if !image.own() {
		return
	}
	if l.byName[image.Name] == image.ID {
		delete(l.byName, image.Name)
	}
	if image.Family == "" {
		return
	}
	if l.families[image.Family]--; l.families[image.Family] == 0 {
		delete(l.families, image.Family)
	}
}

// find returns an image as it stands now.
func (l *lane) find(id string) (Image, bool) {
	r, ok := l.byID[id]
	if !ok || r.now().gone {
		return Image{}, false
	}
	return r.now().image, true
}

// store makes the image's new values its present state and numbers the write.
func (l *lane) store(now time.Time, image Image, gone bool) uint64 {
	r, known := l.byID[image.ID]
	if known {
		l.replace(r, revision{now, image, gone})
	} else {
		r = &record{[]revision{{now, image, gone}}}
		l.byID[image.ID] = r
		at, _ := slices.BinarySearchFunc(l.order, r, recordOrder)
		l.order = slices.Insert(l.order, at, r)
	}
	l.note(image)
	if !gone {
		l.index(image)
	}
	l.writes++
	return l.writes
}

// replace adds a revision and forgets those that no read can look back to.
func (l *lane) replace(r *record, next revision) {
	last := *r.now()
	if last.gone {
		l.gone--
	} else {
		l.unindex(last.image)
	}
	if next.gone {
		l.gone++
	}
	r.revisions = append(r.revisions, next)
	horizon := next.since.Add(-l.keep)
	old := 0
	for old < len(r.revisions)-1 && !r.revisions[old+1].since.After(horizon) {
		old++
	}
	r.revisions = slices.Delete(r.revisions, 0, old)
}

// throttle counts a call against the operation's quota; the first call makes the
// meter. The clock is read under the lock, so that a meter's time never runs
// backwards.
func (l *lane) throttle(action string, q Quota, s *Server) *refusal {
	if q.Shape == Unlimited {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.meters[action]
	if m == nil {
		m = newMeter(q, s.start.Add(s.config.ClockSkew))
		l.meters[action] = m
	}
	if ok, wait := m.call(s.clock()); !ok {
		return m.quota.refusal(wait)
	}
	return nil
}

// turn counts how often a call with this fingerprint was made.
func (l *lane) turn(fingerprint uint64) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turns[fingerprint]++
	return l.turns[fingerprint]
}
