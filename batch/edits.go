package batch

import (
	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// answered notes what a call has changed, by its answer. wanted is the row's
// desired name.
func (r *Result) answered(class ecs.Class, set ecs.Attributes, wanted string) {
	switch class {
	case ecs.Applied:
		r.took(set, wanted)
	case ecs.Ambiguous, ecs.Undecided:
		r.Unsure |= unsure(set, r.Edited)
	case ecs.Unsent, ecs.Throttled, ecs.Expired, ecs.Skewed, ecs.Busy, ecs.Duplicated, ecs.Refused, ecs.Forbidden, ecs.Down:
	}
}

// took notes values that an image has got from us. A name that was put back is
// no edit any more; a temporary one is on its way.
func (r *Result) took(set ecs.Attributes, wanted string) {
	for a := range set.Fields().All() {
		r.Edited, r.Unsure = r.Edited.With(a), r.Unsure.Without(a)
		if a == ecs.ImageName {
			r.Edited, r.Unsure = named(r.Edited, r.Unsure, set.ImageName, wanted)
		}
	}
}

// named corrects what is known of a name that was given: it may be another than
// the desired one.
func named(edited, unsure ecs.Fields, name, wanted string) (_, _ ecs.Fields) {
	if name != wanted {
		edited = edited.Without(ecs.ImageName)
		if plan.IsTemporary(name) {
			unsure = unsure.With(ecs.ImageName)
		}
	}
	return edited, unsure
}

// unsure are the attributes that a call of unknown fate leaves open. Only names
// are ever set to different values: what was made once is not made otherwise.
func unsure(set ecs.Attributes, made ecs.Fields) ecs.Fields {
	return set.Fields() &^ made.Without(ecs.ImageName)
}

// reached notes that the image was read with all values of a step: calls of
// unknown fate were applied.
func (r *Result) reached(set ecs.Attributes, wanted string) {
	r.took(set.Only(set.Fields()&r.Unsure), wanted)
}

// sees holds what is known of a row's edits against its image as it was read.
// settled tells that no call of unknown fate can land any more: where the image
// has its old value, none has done anything.
func (r *run) sees(row int, image ecs.Attributes, settled bool) {
	result, old, want := &r.results[row], r.before(row), ecs.Attributes(r.Plan.Rows[row].Want)
	for a := range (result.Edited | result.Unsure).All() {
		switch got := *image.Field(a); {
		case a.Same(got, *want.Field(a)):
			result.Edited, result.Unsure = result.Edited.With(a), result.Unsure.Without(a)
		case !a.Same(got, *old.Field(a)): // somebody else has changed it, or it is on its way
			result.Edited, result.Unsure = result.Edited.Without(a), result.Unsure.With(a)
		case settled && result.Unsure.Has(a):
			result.Edited, result.Unsure = result.Edited.Without(a), result.Unsure.Without(a)
		}
	}
}

// before are the values that a row's image had when the run began.
func (r *run) before(row int) ecs.Attributes {
	if r.Old != nil {
		return *r.Old[row]
	}
	return *r.Plan.Rows[row].Old
}
