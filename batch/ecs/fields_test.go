package ecs_test

import (
	"testing"

	"imgrename/batch/ecs"
)

func TestFields(t *testing.T) {
	var all, each ecs.Attributes
	for a := range all.All() {
		*all.Field(a) = "x"
		each = ecs.Attributes{}
		*each.Field(a) = "x"
		one := each.Fields()
		if !one.Has(a) || one != ecs.Fields(0).With(a) || one.Without(a) != 0 || one.String() != a.String() {
			t.Errorf("%s alone: %q", a, one)
		}
		if all.Only(one) != each {
			t.Errorf("the values of %s: %+v", a, all.Only(one))
		}
		if all.Fields().Without(a).Has(a) {
			t.Errorf("%s is still there", a)
		}
	}
	for _, set := range []ecs.Fields{0, all.Fields(), all.Fields().Without(ecs.BootMode)} {
		text, err := set.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var again ecs.Fields
		if err := again.UnmarshalText(text); err != nil || again != set {
			t.Errorf("%q is read as %q, %v", set, again, err)
		}
	}
	if got := ecs.Fields(0).With(ecs.Status).With(ecs.Description).String(); got != "description, status" {
		t.Errorf("got %q", got)
	}
	if err := new(ecs.Fields).UnmarshalText([]byte("description, size")); err == nil {
		t.Error("an attribute that there is none of is taken")
	}
}
