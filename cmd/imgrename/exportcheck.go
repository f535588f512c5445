package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"imgrename/batch/ecs"
	"imgrename/manifest/template"
)

// enoughProblems bounds how many problems of a rule are kept.
const enoughProblems = 100_000

// A problem is what keeps an image from becoming a row.
type problem struct {
	exported
	column string // or flag; "" if it is about the image
	err    error
}

// checkRule returns all that is wrong with what the rule makes: values that no
// server takes, and names that two images of a lane would have.
func (e *export) checkRule() (problems []problem) {
	lanes := make([]claims, len(e.inventories))
	for x := range e.images() {
		for _, value := range e.ruling.apply(x) {
			err := value.Err
			if value.Column == ecs.ImageName.String() {
				err = lanes[x.lane].take(e, value, x)
			}
			if err != nil {
				problems = append(problems, problem{x, value.Column, err})
			}
		}
		if len(problems) >= enoughProblems {
			return problems
		}
	}
	for i := range lanes {
		problems = append(problems, lanes[i].stays(e, e.inventories[i].Images)...)
	}
	return problems
}

// claims are the new names of a lane's images. The zero value has none.
type claims struct {
	names map[string]exported
	moved map[*ecs.Image]bool // images that give up their names
}

// take claims a name for an image. It returns an error if the name is not one, or
// if another new name is the same.
func (c *claims) take(e *export, name template.Value, x exported) error {
	if c.names == nil {
		c.names, c.moved = make(map[string]exported), make(map[*ecs.Image]bool)
	}
	c.moved[x.image] = true
	if name.Err != nil {
		return name.Err
	}
	if first, taken := c.names[name.Text]; taken {
		return collision(fmt.Sprintf("%q is also the new name of %s", name.Text, e.placeOf(first)))
	}
	c.names[name.Text] = x
	return nil
}

// stays returns a problem for each new name that an image has which keeps it.
func (c *claims) stays(e *export, images []ecs.Image) (problems []problem) {
	for i := range images {
		image := &images[i]
		if x, taken := c.names[image.ImageName]; taken && !c.moved[image] {
			err := collision(fmt.Sprintf("%q is the name of %s, which keeps it", image.ImageName, image.ID))
			problems = append(problems, problem{x, ecs.ImageName.String(), err})
		}
	}
	return problems
}

func collision(fact string) error {
	return hinted{errors.New(fact), "names are never numbered: let the template tell the images apart"}
}

// placeOf says which row an image is: its line in the file of --from, else its
// region and id.
func (e *export) placeOf(x exported) string {
	if x.row != nil {
		return fmt.Sprintf("%s:%d", e.ledger.name, x.row.Line)
	}
	return e.inventories[x.lane].Lane.Region + ":" + x.image.ID
}

// showProblems prints problems. The error is a [*problemsError] if there are any.
func (e *export) showProblems(problems []problem) error {
	if len(problems) == 0 {
		return nil
	}
	slices.SortStableFunc(problems, func(a, b problem) int { return cmp.Compare(a.order, b.order) })
	name := "the rule"
	if e.ledger != nil {
		name = e.ledger.name
	}
	for i, p := range problems {
		switch {
		case e.json:
			e.event(e.eventOf(p))
		case i < shownProblems:
			place := e.placeOf(p.exported)
			if p.column != "" {
				place += ":" + p.column
			}
			fmt.Fprint(e.err, factAndHint(place+": "+p.err.Error(), hintOf(p.err)))
		case i == shownProblems:
			fmt.Fprintf(e.err, "… and %d more\n", len(problems)-i)
		}
	}
	return &problemsError{name, len(problems)}
}

// eventOf returns the event of a problem, as that of a manifest.
func (e *export) eventOf(p problem) problemEvent {
	event := problemEvent{Event: "problem", Column: p.column, Message: p.err.Error(), Hint: hintOf(p.err)}
	if p.row != nil {
		event.File, event.Line = e.ledger.name, p.row.Line
	} else {
		event.Message = e.placeOf(p.exported) + ": " + event.Message
	}
	return event
}
