package main

import (
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"imgrename/batch/ecs"
)

// A filter reports whether an image is exported.
type filter func(ecs.Image) bool

// parseFilter parses name=GLOB, family=GLOB, description=GLOB, tag=KEY:GLOB,
// status=STATUS, created=FROM..TO, older=AGE or newer=AGE. An age is a duration
// such as 12h, or days such as 90d, before now.
func parseFilter(text string, now time.Time) (filter, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return nil, errors.New("must be NAME=VALUE")
	}
	switch name {
	case "name":
		return globFilter(value, ecs.ImageName)
	case "family":
		return globFilter(value, ecs.ImageFamily)
	case "description":
		return globFilter(value, ecs.Description)
	case "tag":
		return tagFilter(value)
	case "created":
		return createdFilter(value)
	case "status":
		known := func(status string) bool { return strings.EqualFold(status, value) }
		if !slices.ContainsFunc(ecs.Statuses(), known) {
			return nil, errors.New("the status must be " + strings.Join(ecs.Statuses(), ", "))
		}
		return func(i ecs.Image) bool { return known(i.Status) }, nil
	case "older", "newer":
		age, err := parseAge(value)
		if err != nil {
			return nil, err
		}
		return ageFilter(now.Add(-age), name == "older"), nil
	default:
		return nil, errors.New("must be name, family, description, tag, status, created, older or newer")
	}
}

func globFilter(pattern string, field ecs.Attribute) (filter, error) {
	matches, err := parseGlob(pattern)
	return func(i ecs.Image) bool { return matches(*i.Field(field)) }, err
}

// parseGlob returns whether texts match a pattern. To path.Match a slash is not
// like other characters, so it sees none.
func parseGlob(pattern string) (matches func(string) bool, err error) {
	flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x00") }
	if _, err := path.Match(flat(pattern), ""); err != nil {
		return nil, errors.New("not a pattern; * stands for any text, ? for one character")
	}
	return func(text string) bool {
		ok, _ := path.Match(flat(pattern), flat(text)) // the pattern was tried
		return ok
	}, nil
}

// tagFilter compares whole tags, KEY:VALUE: keys may have colons too.
func tagFilter(pattern string) (filter, error) {
	if !strings.Contains(pattern, ":") {
		return nil, errors.New("must be tag=KEY:VALUE; * stands for any value")
	}
	matches, err := parseGlob(pattern)
	return func(i ecs.Image) bool {
		return slices.ContainsFunc(i.Tags, func(tag ecs.Tag) bool { return matches(tag.Key + ":" + tag.Value) })
	}, err
}

// createdFilter compares creation times with a range, of which one end may be
// missing. A day at its end is part of it. An image without a time never matches.
func createdFilter(value string) (filter, error) {
	from, to, ok := strings.Cut(value, "..")
	first, _, err := parseMoment(from)
	_, last, err2 := parseMoment(to)
	if !ok || from+to == "" || err != nil || err2 != nil {
		return nil, errors.New("must be a range such as 2026-01-01..2026-01-31, or ..2026-01-31T12:00:00Z")
	}
	return func(i ecs.Image) bool {
		at, known := madeAt(&i)
		return known && (from == "" || !at.Before(first)) && (to == "" || at.Before(last))
	}, nil
}

// parseMoment parses a day in UTC or a time, and returns when it begins and ends.
func parseMoment(text string) (begin, end time.Time, err error) {
	if text == "" {
		return begin, end, nil
	}
	if begin, err = time.Parse(time.DateOnly, text); err == nil {
		return begin, begin.AddDate(0, 0, 1), nil
	}
	begin, err = time.Parse(time.RFC3339, text)
	return begin, begin.Add(time.Second), err
}

// ageFilter compares creation times. An image without one never matches.
func ageFilter(limit time.Time, older bool) filter {
	return func(i ecs.Image) bool {
		created, known := madeAt(&i)
		return known && created.Before(limit) == older
	}
}

func parseAge(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err == nil && n >= 0 && n < 100_000 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	age, err := time.ParseDuration(s)
	if err != nil || age < 0 {
		return 0, errors.New("must be an age such as 90d or 12h")
	}
	return age, nil
}
