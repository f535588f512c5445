package main

import (
	"fmt"
	"slices"

	"imgrename/batch/ecs"
)

// A kind is the images of a lane that --keep-newest counts together.
type kind struct {
	lane int
	key  string
}

// pick picks the images that the rule is for, the newest of each kind. It returns
// a problem where it is not known which those are.
func (e *export) pick() (problems []problem) {
	if e.ruling.newest == 0 {
		return nil
	}
	e.ruling.picked = make(map[*ecs.Image]bool)
	kinds := make(map[kind][]exported)
	for x := range e.images() {
		key, counts, err := e.keyOf(x)
		switch {
		case err != nil:
			problems = append(problems, problem{x, "--group", err})
		case counts:
			k := kind{x.lane, key}
			kinds[k] = append(kinds[k], x)
		}
	}
	for k, all := range kinds {
		if p := e.pickOf(k, all); p != nil {
			problems = append(problems, *p)
		}
	}
	return problems
}

// keyOf returns what an image is counted by. Images without a family, and those
// that --find is not for, do not count.
func (e *export) keyOf(x exported) (key string, counts bool, err error) {
	r := &e.ruling
	if r.groups != nil {
		return r.rule.Expand(*r.groups, x.image.ImageName, source{x, r})
	}
	key = x.image.ImageFamily
	return key, key != "" && (r.rule.Find == nil || r.rule.Find.Find(x.image.ImageName) != nil), nil
}

// pickOf picks the newest images of a kind.
func (e *export) pickOf(k kind, all []exported) *problem {
	n := e.ruling.newest
	if len(all) > n {
		for _, x := range all {
			if _, known := madeAt(x.image); !known {
				return &problem{x, "--keep-newest", fmt.Errorf("no creation time: it is not known which of %q are the newest", k.key)}
			}
		}
		slices.SortStableFunc(all, newestFirst)
		if last, next := all[n-1], all[n]; newestFirst(last, next) == 0 {
			err := fmt.Errorf("made at the same time as %s: it is not known which of %q are the newest", e.placeOf(last), k.key)
			return &problem{next, "--keep-newest", hinted{err, "--filter, --find or --group can tell them apart"}}
		}
		all = all[:n]
	}
	for _, x := range all {
		e.ruling.picked[x.image] = true
	}
	return nil
}

// newestFirst compares images by when they were made, which must be known.
func newestFirst(a, b exported) int {
	one, _ := madeAt(a.image)
	other, _ := madeAt(b.image)
	return other.Compare(one)
}
