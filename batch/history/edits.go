package history

import (
	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// Answered notes what a call has changed, by its answer. wanted is the row's
// desired name.
func (r *Result) Answered(class ecs.Class, set ecs.Attributes, wanted string) {
	switch class {
	case ecs.Applied:
		r.took(set, wanted)
	case ecs.Ambiguous, ecs.Undecided:
		r.Unsure |= unsure(set, r.Edited)
	case ecs.Unsent, ecs.Throttled, ecs.Expired, ecs.Skewed, ecs.Busy, ecs.Duplicated, ecs.Refused, ecs.Forbidden, ecs.Down:
	}
}

// Reached notes that the image was read with all values of a step: calls of
// unknown fate took effect.
func (r *Result) Reached(set ecs.Attributes, wanted string) {
	r.took(set.Only(set.Fields()&r.Unsure), wanted)
}

// Seen compares what is known of a row's edits with its image as it was read.
// old are the values from before the run. settled reports that no call of
// unknown fate can take effect any more: where the image has its old value, no
// such call has done anything.
func (r *Result) Seen(image ecs.Attributes, old, want *ecs.Attributes, settled bool) {
	for a := range (r.Edited | r.Unsure).All() {
		switch got := *image.Field(a); {
		case a.Same(got, *want.Field(a)):
			r.Edited, r.Unsure = r.Edited.With(a), r.Unsure.Without(a)
		case !a.Same(got, *old.Field(a)): // somebody else has changed it, or it is on its way
			r.Edited, r.Unsure = r.Edited.Without(a), r.Unsure.With(a)
		case settled && r.Unsure.Has(a):
			r.Edited, r.Unsure = r.Edited.Without(a), r.Unsure.Without(a)
		}
	}
}

// took notes values that an image has got from us. A name that was put back is
// no edit any more; after a temporary one the image is on its way.
func (r *Result) took(set ecs.Attributes, wanted string) {
	for a := range set.Fields().All() {
		r.Edited, r.Unsure = r.Edited.With(a), r.Unsure.Without(a)
		if a == ecs.ImageName {
			r.Edited, r.Unsure = named(r.Edited, r.Unsure, set.ImageName, wanted)
		}
	}
}

// named corrects edited and unsure for an image that was given a name other
// than the desired one.
func named(edited, unsure ecs.Fields, name, wanted string) (_, _ ecs.Fields) {
	if name != wanted {
		edited = edited.Without(ecs.ImageName)
		if plan.IsTemporary(name) {
			unsure = unsure.With(ecs.ImageName)
		}
	}
	return edited, unsure
}

// unsure returns the attributes that a call of unknown fate leaves open. Only a
// name is ever set to different values: any other attribute that was set once
// keeps its value.
func unsure(set ecs.Attributes, made ecs.Fields) ecs.Fields {
	return set.Fields() &^ made.Without(ecs.ImageName)
}
