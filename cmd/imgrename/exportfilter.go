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

// parseFilter parses name=GLOB, family=GLOB, status=STATUS, older=AGE or
// newer=AGE. An age is a duration such as 12h, or days such as 90d, before now.
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
		return nil, errors.New("must be name, family, status, older or newer")
	}
}

func globFilter(pattern string, field ecs.Attribute) (filter, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, errors.New("not a pattern; * stands for any text, ? for one character")
	}
	return func(i ecs.Image) bool {
		ok, _ := path.Match(pattern, *i.Field(field)) // the pattern was tried
		return ok
	}, nil
}

// ageFilter compares creation times. An image without one never matches.
func ageFilter(limit time.Time, older bool) filter {
	return func(i ecs.Image) bool {
		created, err := time.Parse(time.RFC3339, creation(i))
		return err == nil && created.Before(limit) == older
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
