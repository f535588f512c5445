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

// A filter tells whether an image is to be exported.
type filter func(ecs.Image) bool

// parseFilter reads name=GLOB, family=GLOB, status=STATUS, older=AGE or
// newer=AGE. Ages are durations such as 12h, or days such as 90d, and count
// from now.
func parseFilter(text string, now time.Time) (filter, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return nil, errors.New("NAME=VALUE is wanted")
	}
	switch name {
	case "name":
		return globFilter(value, ecs.ImageName)
	case "family":
		return globFilter(value, ecs.ImageFamily)
	case "status":
		known := func(status string) bool { return strings.EqualFold(status, value) }
		if !slices.ContainsFunc(ecs.Statuses(), known) {
			return nil, errors.New("not a status; there are " + strings.Join(ecs.Statuses(), ", "))
		}
		return func(i ecs.Image) bool { return known(i.Status) }, nil
	case "older", "newer":
		age, err := parseAge(value)
		if err != nil {
			return nil, err
		}
		return ageFilter(now.Add(-age), name == "older"), nil
	default:
		return nil, errors.New("there are name, family, status, older and newer")
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

// ageFilter compares creation times; an image without one is neither older nor
// newer than anything.
func ageFilter(limit time.Time, older bool) filter {
	return func(i ecs.Image) bool {
		created, err := time.Parse(time.RFC3339, i.Created)
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
		return 0, errors.New("an age looks like 90d or 12h")
	}
	return age, nil
}
