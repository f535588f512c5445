package ecssim

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The limits of the references of TagResources, UntagResources and
// ListTagResources. They do not say how long a page of a listing is.
const (
	maxTags      = 20 // of an image, and of a call
	maxResources = 50 // of a call
	maxTagText   = 128
	tagPage      = 50
)

// otherResources lists the types of resources that have tags in ECS, but do not
// exist here.
var otherResources = []string{
	"instance", "disk", "snapshot", "securitygroup", "volume", "eni", "ddh", "ddhcluster", "keypair",
	"launchtemplate", "reservedinstance", "snapshotpolicy", "elasticityassurance", "capacityreservation",
	"command", "invocation", "activation", "managedinstance",
}

// tagResources plays the call of that name. A tag whose key an image already
// has gets the new value.
func tagResources(s *Server, x *exchange) (object, *refusal) {
	ids, r := x.request.resources()
	if r != nil {
		return nil, r
	}
	if len(ids) == 0 {
		return nil, missing("ResourceId.1")
	}
	tags, r := x.request.newTags()
	if r != nil {
		return nil, r
	}
	return x.retag(s, ids, func(have []Tag) []Tag {
		have = slices.Clone(have)
		for _, tag := range tags {
			if at := slices.IndexFunc(have, func(t Tag) bool { return t.Key == tag.Key }); at >= 0 {
				have[at] = tag
			} else {
				have = append(have, tag)
			}
		}
		return have
	})
}

// untagResources plays the call of that name. To remove a tag that is not there
// is a success.
func untagResources(s *Server, x *exchange) (object, *refusal) {
	ids, r := x.request.resources()
	if r != nil {
		return nil, r
	}
	if len(ids) == 0 {
		return nil, missing("ResourceId.1")
	}
	keys, all, r := x.request.oldKeys()
	if r != nil {
		return nil, r
	}
	return x.retag(s, ids, func(have []Tag) []Tag {
		return slices.DeleteFunc(slices.Clone(have), func(t Tag) bool { return all || slices.Contains(keys, t.Key) })
	})
}

// retag changes the tags of all the images, or of none.
func (x *exchange) retag(s *Server, ids []string, change func([]Tag) []Tag) (object, *refusal) {
	l := x.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	images := make([]Image, len(ids))
	for n, id := range ids {
		image, ok := l.find(id)
		if !ok || !image.own() {
			return nil, refuse("InvalidResourceId.NotFound")
		}
		images[n] = image
	}
	if len(ids) == 1 {
		before := images[0].clone()
		x.call.Before = &before
	}
	for n := range images {
		had := len(images[n].Tags)
		images[n].Tags = change(images[n].Tags)
		if has := len(images[n].Tags); has > maxTags && has > had {
			return nil, refuse("OperationDenied.QuotaExceed")
		}
	}
	now := s.clock()
	for _, image := range images {
		x.call.Revision = l.store(now, image, false)
	}
	if len(ids) == 1 {
		after := images[0].clone()
		x.call.After = &after
	}
	return object{}, nil
}

// listTagResources plays the call of that name: all tags of the images that are
// named and have the tags that are asked for.
func listTagResources(s *Server, x *exchange) (object, *refusal) {
	ids, r := x.request.resources()
	if r != nil {
		return nil, r
	}
	tags, r := x.request.wantedTags()
	if r != nil {
		return nil, r
	}
	if len(ids) == 0 && len(tags) == 0 {
		return nil, missingOfTags("Tags")
	}
	from, r := readToken(x.request.parameter("NextToken"))
	if r != nil {
		return nil, r
	}
	first := from
	if from > 0 {
		first = max(0, from+x.plan.shift)
	}
	entries, more, r := x.lane.listTags(ids, tags, s.seen(x), first)
	if r != nil {
		return nil, r
	}
	o := object{{"NextToken", ""}, {"TagResources", object{{"TagResource", entries}}}}
	switch {
	case more:
		o[0].value = token(from + tagPage)
	case s.config.Open.LooseTypes:
		o = o[1:]
	}
	return o, nil
}

// listTags returns one page of tags as they were at the given time, and reports
// whether there are more.
func (l *lane) listTags(ids []string, tags []Tag, at time.Time, from int) (page list, more bool, r *refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if image, ok := l.find(id); !ok || !image.own() {
			return nil, false, refuse("InvalidResourceId.NotFound")
		}
	}
	records := l.order
	if len(ids) > 0 {
		records = l.named(ids)
	}
	f, seen := filter{tags: tags}, 0
	for _, record := range records {
		image, ok := record.at(at)
		if !ok || !image.own() || !f.tagged(image) {
			continue
		}
		for _, t := range image.Tags {
			if seen++; seen <= from {
				continue
			}
			if len(page) == tagPage {
				return page, true, nil
			}
			page = append(page, object{{"ResourceId", image.ID}, {"ResourceType", "image"}, {"TagKey", t.Key}, {"TagValue", t.Value}})
		}
	}
	return page, false, nil
}

// token makes the NextToken of a page. Clients can do nothing with it but send
// it back.
func token(from int) string {
	h := fnv.New64a()
	fmt.Fprint(h, "page ", from)
	return fmt.Sprintf("%016x%016x", h.Sum64(), from)
}

func readToken(text string) (from int, r *refusal) {
	if text == "" {
		return 0, nil
	}
	if _, err := fmt.Sscanf(text[min(len(text), 16):], "%x", &from); err != nil || from < 1 || token(from) != text {
		return 0, invalid("NextToken")
	}
	return from, nil
}

// resources reads ResourceType and ResourceId.1, ResourceId.2 … Each image
// comes once.
func (q *request) resources() (ids []string, r *refusal) {
	switch kind := q.parameter("ResourceType"); {
	case kind == "":
		return nil, missingOfTags("ResourceType")
	case slices.Contains(otherResources, kind):
		return nil, lacks("resources of the type "+kind, "InvalidResourceType.NotFound")
	case kind != "image":
		return nil, refuse("InvalidResourceType.NotFound")
	}
	if ids, r = q.list("ResourceId"); r != nil {
		return nil, r
	}
	if len(ids) > maxResources {
		return nil, refuse("NumberExceed.ResourceIds")
	}
	once := ids[:0]
	for _, id := range ids {
		if !slices.Contains(once, id) {
			once = append(once, id)
		}
	}
	return once, nil
}

// newTags reads the tags of TagResources.
func (q *request) newTags() ([]Tag, *refusal) {
	tags, r := q.tags()
	switch {
	case r != nil:
		return nil, r
	case len(tags) == 0:
		return nil, missingOfTags("Tags")
	}
	for _, t := range tags {
		switch {
		case !legalTagKey(t.Key):
			return nil, refuse("InvalidTagKey.Malformed")
		case !legalTagText(t.Value):
			return nil, refuse("InvalidTagValue.Malformed")
		}
	}
	return tags, nil
}

// wantedTags reads the tags that ListTagResources is asked for.
func (q *request) wantedTags() ([]Tag, *refusal) {
	if numbers, r := q.numbered("TagFilter"); r != nil || len(numbers) > 0 {
		return nil, lacks("the filter TagFilter", "UnsupportedParameter", "TagFilter")
	}
	tags, r := q.tags()
	if r != nil {
		return nil, r
	}
	for _, t := range tags {
		switch {
		case t.Key == "" && t.Value != "":
			return nil, refuse("InvalidParameter.TagValue")
		case t.Key == "":
			return nil, refuse("InvalidTagKey.Malformed")
		case t.Key == "acs:rm:rgId":
			return nil, lacks("the filter by the tag acs:rm:rgId", "UnsupportedParameter", "Tag.1.Key")
		}
	}
	return tags, nil
}

// tags reads Tag.1.Key, Tag.1.Value, Tag.2.Key … of a call that is about tags.
func (q *request) tags() ([]Tag, *refusal) {
	tags, r := q.tagList()
	switch {
	case r != nil:
		return nil, r
	case len(tags) > maxTags:
		return nil, refuse("NumberExceed.Tags")
	}
	for n, t := range tags {
		if slices.ContainsFunc(tags[:n], func(u Tag) bool { return u.Key == t.Key }) {
			return nil, refuse("Duplicate.TagKey")
		}
	}
	return tags, nil
}

// oldKeys reads which tags UntagResources is to remove: All counts only if no
// key is given.
func (q *request) oldKeys() (keys []string, all bool, r *refusal) {
	if keys, r = q.list("TagKey"); r != nil {
		return nil, false, r
	}
	if len(keys) == 0 {
		switch q.parameter("All") {
		case "true", "True":
			return nil, true, nil
		case "", "false", "False":
			return nil, false, missingOfTags("Tags")
		default:
			return nil, false, invalid("All")
		}
	}
	if len(keys) > maxTags {
		return nil, false, refuse("NumberExceed.Tags")
	}
	for n, key := range keys {
		switch {
		case !legalTagKey(key):
			return nil, false, refuse("InvalidTagKey.Malformed")
		case slices.Contains(keys[:n], key):
			return nil, false, refuse("Duplicate.TagKey")
		}
	}
	return keys, false, nil
}

func legalTagKey(s string) bool {
	return s != "" && legalTagText(s) && !strings.HasPrefix(s, "aliyun") && !strings.HasPrefix(s, "acs:")
}

// legalTagText checks a tag's value, which may be empty.
func legalTagText(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxTagText &&
		!strings.Contains(s, "http://") && !strings.Contains(s, "https://")
}
