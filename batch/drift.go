package batch

import (
	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// reached tells whether the image has all the values of the step.
func (a *attempt) reached(image ecs.Image) bool {
	return image.Changes(*a.Set) == ecs.Attributes{}
}

// expected tells whether the image has the values that the step would change,
// or already has the new one, and keeps the row's conditions.
func (a *attempt) expected(image ecs.Image) bool {
	return a.firstDrift(image) == ""
}

// firstDrift names the first attribute that is neither as it was nor as it
// shall be. An image that somebody else has renamed gets no other edits either.
func (a *attempt) firstDrift(image ecs.Image) string {
	before, set := a.values(a.Row), *a.Set
	conditions := ecs.Attributes(a.Plan.Rows[a.Row].Condition())
	if set.ImageName == "" {
		set.ImageName = a.Plan.Rows[a.Row].Want.ImageName // if not sent now: sent later, or there already
	}
	for field, desired := range set.All() {
		got, was := *image.Field(field), *before.Field(field)
		switch {
		case desired == "", field.Same(got, desired), field.Same(got, was):
		case field == ecs.ImageName && got == temporaryName(a.Lane.Lane, &a.Plan.Rows[a.Row]):
		default:
			return drift(field, got, was)
		}
	}
	for field, condition := range conditions.All() {
		got, was := *image.Field(field), *before.Field(field)
		if condition != "" && field != ecs.ImageName && !field.Same(got, was) {
			return drift(field, got, was)
		}
	}
	return ""
}

func (a *attempt) drifted(image ecs.Image) end {
	a.sees(a.Row, image.Attributes, false)
	return end{outcome: plan.Conflict, code: history.CodeDrift, message: a.id + ": " + a.firstDrift(image)}
}

// wanted is the name that the image is to have in the end.
func (a *attempt) wanted() string { return a.Plan.Rows[a.Row].Want.ImageName }

// values are what the row's image should have now.
func (w *worker) values(row int) ecs.Attributes {
	if v, ok := w.now[row]; ok {
		return v
	}
	return *w.Plan.Rows[row].Old
}
