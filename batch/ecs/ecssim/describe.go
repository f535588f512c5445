package ecssim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// The limits of the DescribeImages reference.
const (
	defaultPageSize = 10
	maxPageSize     = 100
	maxIDs          = 100
)

// A filter is what DescribeImages was asked for.
type filter struct {
	ids          []string // nil for any
	name         string   // fuzzy
	family       string
	statuses     []string
	alias        string
	usage        string
	tags         []Tag
	community    bool               // only images published by others, else none of them
	tests        []func(Image) bool // what else an image has to pass
	number, size int
}

// describeImages plays the call of that name.
func describeImages(s *Server, x *exchange) (object, *refusal) {
	f, r := s.config.readFilter(x.request, x.principal.account.id)
	if r != nil {
		return nil, r
	}
	if dry, r := dryRun(x.request, s.config.Open.DryRun); dry {
		return nil, r
	}
	from := (f.number-1)*f.size + x.plan.shift
	if f.number == 1 {
		from = 0
	}
	page, total := x.lane.list(f, s.seen(x), from, f.size)
	images := make(list, len(page))
	for i, image := range page {
		images[i] = imageObject(image, x.principal.account.id, s.config.Open.LooseTypes)
		images[i] = slices.DeleteFunc(images[i], func(f field) bool { return f.name == s.config.Open.Hidden })
	}
	return object{
		{"TotalCount", s.config.Open.number(total)},
		{"PageNumber", s.config.Open.number(f.number)},
		{"PageSize", s.config.Open.number(f.size)},
		{"RegionId", x.lane.region},
		{"Images", object{{"Image", images}}},
	}, nil
}

// seen returns the time as of which a listing shows the images.
func (s *Server) seen(x *exchange) time.Time {
	return s.clock().Add(-max(s.config.Open.ReadLag, x.plan.stale))
}

// list copies one page of the images that pass the filter, as they were at the
// given time, and counts them all.
func (l *lane) list(f filter, at time.Time, from, size int) (page []Image, total int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	records := l.order
	if f.ids != nil {
		records = l.named(f.ids)
	}
	if f.everything(l) && l.gone == 0 && l.keep == 0 {
		// The plain listing, page after page: nothing to search.
		for _, r := range records[min(from, len(records)):min(from+size, len(records))] {
			page = append(page, r.now().image)
		}
		return page, len(records)
	}
	for _, r := range records {
		image, ok := r.at(at)
		if !ok || !f.passes(image) {
			continue
		}
		if total >= from && len(page) < size {
			page = append(page, image)
		}
		total++
	}
	return page, total
}

// named returns the records of the ids, each once, in the order of a listing.
func (l *lane) named(ids []string) []*record {
	var records []*record
	for _, id := range ids {
		if r, ok := l.byID[id]; ok && !slices.Contains(records, r) {
			records = append(records, r)
		}
	}
	slices.SortFunc(records, recordOrder)
	return records
}

func (c *Config) readFilter(q *request, account string) (f filter, r *refusal) {
	f = filter{
		name:   strings.ToLower(q.parameter("ImageName")),
		family: q.parameter("ImageFamily"),
		alias:  q.parameter("ImageOwnerAlias"),
		usage:  q.parameter("Usage"),
	}
	if !oneOf(f.alias, "system", self, others, "marketplace") {
		return f, refuse("InvalidImageOwnerAlias.ValueNotSupported")
	}
	if !oneOf(f.usage, "instance", "none") {
		return f, invalid("Usage")
	}
	if r = f.readMore(q, account); r != nil {
		return f, r
	}
	f.statuses = readStatuses(q.parameter("Status"))
	if f.tags, r = readTags(q); r != nil {
		return f, r
	}
	if f.ids, r = readIDs(q.parameter("ImageId"), c.Open.IDLists); r != nil {
		return f, r
	}
	if f.number, r = readNumber(q, "PageNumber", 1, 1<<30); r != nil {
		return f, r
	}
	f.size, r = readNumber(q, "PageSize", defaultPageSize, maxPageSize)
	return f, r
}

// readStatuses splits the statuses that are asked for. ALL, which no page
// documents and the Terraform provider sends, stands for every status.
func readStatuses(text string) []string {
	if text == "" {
		return []string{available}
	}
	statuses := strings.Split(text, ",")
	if slices.Contains(statuses, "ALL") {
		return allStatuses
	}
	return statuses
}

func readNumber(q *request, name string, byDefault, greatest int) (int, *refusal) {
	text := q.parameter(name)
	if text == "" {
		return byDefault, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > greatest {
		return 0, invalid(name)
	}
	return n, nil
}

// readIDs splits a list of ids, or not: whether the API still does is an open
// question.
func readIDs(text string, lists IDLists) ([]string, *refusal) {
	if text == "" {
		return nil, nil
	}
	ids := strings.Split(text, ",")
	switch {
	case len(ids) == 1:
		return ids, nil
	case lists == IDListsUnknown:
		return []string{text}, nil
	case lists == IDListsRefused, len(ids) > maxIDs:
		return nil, invalid("ImageId")
	default:
		return ids, nil
	}
}

// readTags reads the tags to filter by. One without a key and a value asks for
// nothing.
func readTags(q *request) ([]Tag, *refusal) {
	tags, r := q.tagList()
	if r != nil {
		return nil, r
	}
	tags = slices.DeleteFunc(tags, func(t Tag) bool { return t == Tag{} })
	switch {
	case len(tags) > maxTags:
		return nil, refuse("InvalidTagCount")
	case slices.ContainsFunc(tags, func(t Tag) bool { return t.Key == "" }):
		return nil, refuse("InvalidTag.Mismatch")
	}
	return tags, nil
}
