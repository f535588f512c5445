package plan_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

func TestSince(t *testing.T) {
	images := []ecs.Image{image("m-1", "a"), image("m-2", "b"), image("m-3", "c")}
	described := func(row manifest.Row, text string) manifest.Row { row.Want.Description = text; return row }
	noted := func(row manifest.Row, text string) manifest.Row { row.Note = text; return row }
	then := []manifest.Row{rename("m-1", "x"), described(rename("m-2", "y"), "one"), rename("m-0", "z")}
	for _, test := range []struct {
		name string
		now  []ecs.Image
		rows []manifest.Row
		want []string
	}{
		{"the same", images, then, nil},
		{"another order, another note", images, []manifest.Row{then[2], noted(then[0], "by hand"), then[1]}, nil},
		{"a row more", images, append(slices.Clone(then), rename("m-3", "w")), []string{"-1→3 "}},
		{"a row less", images, then[1:], []string{"0→-1 "}},
		{"another name", images, []manifest.Row{rename("m-1", "xx"), then[1], then[2]}, []string{`0→0 image_name: asks for "xx", not for "x"`}},
		{
			"a value more and one less", images,
			[]manifest.Row{described(then[0], "two"), rename("m-2", "y"), then[2]},
			[]string{`0→0 description: asks for "two", not for no change`, `1→1 description: asks for no change, not for "one"`},
		},
		{
			"the image has another name by now",
			[]ecs.Image{image("m-1", "aa"), images[1], images[2]},
			then,
			[]string{`0→0 image_name: the image has "aa", had "a"`},
		},
		{
			"the image has another value that no row is about",
			[]ecs.Image{with(images[0], func(i *ecs.Image) { i.Description = "theirs" }), images[1], images[2]},
			then, nil,
		},
		{"done by now", []ecs.Image{image("m-1", "x"), images[1], images[2]}, then, []string{"0→0 is unchanged, was planned"}},
		{"the name is taken by now", append(slices.Clone(images), image("m-9", "x")), then, []string{"0→0 is refused, was planned"}},
		{"found by now", append(slices.Clone(images), image("m-0", "d")), then, []string{"2→2 is planned, was refused"}},
		{
			"an image that another row names, too", images, append(slices.Clone(then), rename("m-1", "x")),
			[]string{"0→0 is refused, was planned", "-1→3 "},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			earlier := plan.New(requests(then...), lane(images...))
			var got []string
			for _, d := range plan.New(requests(test.rows...), lane(test.now...)).Since(earlier) {
				got = append(got, fmt.Sprintf("%d→%d %s", d.Then, d.Now, d.Text))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
