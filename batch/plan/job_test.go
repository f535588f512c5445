package plan_test

import (
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// TestContinues: a job by names is the same whatever part of it was done, and
// another one as soon as it is written otherwise or is about other images.
func TestContinues(t *testing.T) {
	before := lane(image("m-1", "a"), image("m-2", "b"), image("m-3", "c"))
	rows := func() []manifest.Row { return []manifest.Row{byName("a", "b"), byName("b", "x"), rename("m-3", "z")} }
	for _, test := range []struct {
		name  string
		edit  func([]manifest.Row) []manifest.Row
		lanes []plan.Inventory
		want  bool
	}{
		{"nothing was done", nil, before, true},
		{"part was done: one image has another's old name", nil, lane(image("m-1", "b"), image("m-2", "x"), image("m-3", "c")), true},
		{"one is under its temporary name", nil, lane(image("m-1", plan.TemporaryName("1001", "cn-hangzhou", "m-1", "b")), image("m-2", "x"), image("m-3", "c")), true},
		{"one is gone", nil, lane(image("m-2", "b"), image("m-3", "c")), true},
		{"a new image has a name that was renamed", nil, lane(image("m-1", "b"), image("m-2", "x"), image("m-3", "c"), image("m-4", "a")), false},
		{"another region", nil, []plan.Inventory{{Lane: plan.Lane{Account: "1001", Region: "cn-beijing"}, Images: before[0].Images}}, false},
		{"a desired name was edited", func(r []manifest.Row) []manifest.Row { r[0].Want.ImageName = "y"; return r }, before, false},
		{"a description was added", func(r []manifest.Row) []manifest.Row { r[0].Want.Description = "y"; return r }, before, false},
		{"a condition was added", func(r []manifest.Row) []manifest.Row { r[2].Current = &values{Status: ecs.Available}; return r }, before, false},
		{"a name was edited", func(r []manifest.Row) []manifest.Row { r[1].Current.ImageName = "q"; return r }, before, false},
		{"an id was edited", func(r []manifest.Row) []manifest.Row { r[2].ImageID = "m-2"; return r }, before, false},
		{"an id instead of a name", func(r []manifest.Row) []manifest.Row { r[0].ImageID = "m-1"; return r }, before, false},
		{"a row is missing", func(r []manifest.Row) []manifest.Row { return r[:2] }, before, false},
		{"a row was added", func(r []manifest.Row) []manifest.Row { return append(r, rename("m-9", "n")) }, before, false},
		{"another order", func(r []manifest.Row) []manifest.Row { r[0], r[1] = r[1], r[0]; return r }, before, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			edited := rows()
			if test.edit != nil {
				edited = test.edit(edited)
			}
			sealed := plan.New(requests(rows()...), before)
			if got := plan.New(requests(edited...), test.lanes).Continues(sealed); got != test.want {
				t.Errorf("Continues = %v", got)
			}
		})
	}
}
