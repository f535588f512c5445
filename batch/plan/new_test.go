package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

func TestVerdicts(t *testing.T) {
	temporary := plan.TemporaryName("1001", "cn-hangzhou", "m-1", "b")
	foreign := plan.TemporaryName("1001", "cn-hangzhou", "m-1", "other")
	for _, test := range []struct {
		name   string
		images []ecs.Image
		rows   []manifest.Row
		want   []string
	}{
		{
			name:   "a free name is planned",
			images: []ecs.Image{image("m-1", "a")},
			rows:   []manifest.Row{rename("m-1", "b")},
			want:   []string{"planned"},
		},
		{
			name:   "the name it has is unchanged",
			images: []ecs.Image{image("m-1", "a")},
			rows:   []manifest.Row{rename("m-1", "a")},
			want:   []string{"unchanged"},
		},
		{
			name:   "a name held by an image without a row is refused",
			images: []ecs.Image{image("m-1", "a"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-1", "b")},
			want:   []string{"refused NameTaken m-2"},
		},
		{
			name:   "a name held in another status is held too",
			images: []ecs.Image{image("m-1", "a"), with(image("m-2", "b"), func(i *ecs.Image) { i.Status = "CreateFailed" })},
			rows:   []manifest.Row{rename("m-1", "b")},
			want:   []string{"refused NameTaken m-2"},
		},
		{
			name:   "a name held by an image whose row keeps the name is refused to the wanter only",
			images: []ecs.Image{image("m-1", "a"), image("m-2", "b"), image("m-3", "c")},
			rows:   []manifest.Row{rename("m-1", "b"), rename("m-2", "b"), rename("m-3", "d")},
			want:   []string{"refused NameTaken m-2:3", "unchanged", "planned"},
		},
		{
			name:   "a name held by an image that is only edited otherwise is refused",
			images: []ecs.Image{image("m-1", "a"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-1", "b"), edit("m-2", values{Description: "text"})},
			want:   []string{"refused NameTaken m-2:3", "planned"},
		},
		{
			name:   "whoever waits for a refused row is blocked, directly or not",
			images: []ecs.Image{image("m-1", "a"), image("m-2", "b"), image("m-3", "c"), image("m-4", "d")},
			rows:   []manifest.Row{rename("m-1", "b"), rename("m-2", "c"), rename("m-3", "d")},
			want:   []string{"blocked WaitsForAnother m-2:3", "blocked WaitsForAnother m-3:4", "refused NameTaken m-4"},
		},
		{
			name:   "no such image",
			images: []ecs.Image{image("m-1", "a")},
			rows:   []manifest.Row{rename("m-2", "b")},
			want:   []string{"refused NoSuchImage m-2"},
		},
		{
			name:   "a row is resolved by its current name",
			images: []ecs.Image{image("m-1", "a")},
			rows:   []manifest.Row{byName("a", "b")},
			want:   []string{"planned"},
		},
		{
			name:   "a current name that nobody has",
			images: []ecs.Image{image("m-1", "a")},
			rows:   []manifest.Row{byName("x", "b")},
			want:   []string{"refused NoSuchImage"},
		},
		{
			name:   "a current name that nobody has any more names who has the desired one",
			images: []ecs.Image{image("m-1", "b")},
			rows:   []manifest.Row{byName("a", "b")},
			want:   []string{"refused NoSuchImage m-1"},
		},
		{
			name:   "a current name that a broken listing gives twice",
			images: []ecs.Image{image("m-1", "a"), image("m-2", "a")},
			rows:   []manifest.Row{byName("a", "b")},
			want:   []string{"refused NameNotUnique m-2"},
		},
		{
			name:   "a wanted name that a broken listing gives twice is not waited for",
			images: []ecs.Image{image("m-1", "a"), image("m-2", "a"), image("m-3", "c")},
			rows:   []manifest.Row{rename("m-1", "b"), rename("m-3", "a")},
			want:   []string{"planned", "refused NameTaken m-2"},
		},
		{
			name:   "one image in two rows, one of them by name",
			images: []ecs.Image{image("m-1", "a")},
			rows:   []manifest.Row{rename("m-1", "b"), byName("a", "c")},
			want:   []string{"refused RepeatedImage m-1:3", "refused RepeatedImage m-1:2"},
		},
		{
			name:   "one image in three rows",
			images: []ecs.Image{image("m-1", "a")},
			rows:   []manifest.Row{rename("m-1", "b"), rename("m-1", "a"), byName("a", "c")},
			want:   []string{"refused RepeatedImage m-1:3", "refused RepeatedImage m-1:2", "refused RepeatedImage m-1:2"},
		},
		{
			name:   "two rows want one name",
			images: []ecs.Image{image("m-1", "a"), image("m-2", "b"), image("m-3", "c")},
			rows:   []manifest.Row{rename("m-1", "x"), rename("m-2", "x"), rename("m-3", "a")},
			want:   []string{"refused NameWantedTwice m-2:3", "refused NameWantedTwice m-1:2", "blocked WaitsForAnother m-1:2"},
		},
		{
			name:   "two rows want one name, one of them has it",
			images: []ecs.Image{image("m-1", "x"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-1", "x"), rename("m-2", "x")},
			want:   []string{"unchanged", "refused NameTaken m-1:2"},
		},
		{
			name:   "a name in the form of temporary ones is reserved",
			images: []ecs.Image{image("m-1", "a")},
			rows:   []manifest.Row{rename("m-1", foreign)},
			want:   []string{"refused ReservedName"},
		},
		{
			name:   "an unedited row for an image under a temporary name is unchanged",
			images: []ecs.Image{image("m-1", foreign)},
			rows:   []manifest.Row{rename("m-1", foreign)},
			want:   []string{"unchanged"},
		},
		{
			name:   "an invalid row is refused and keeps its image where it is",
			images: []ecs.Image{image("m-1", "a"), image("m-2", "b")},
			rows: []manifest.Row{
				{ImageID: "m-1", Want: values{ImageName: "c"}, Invalid: []*manifest.Error{{Line: 2, Err: errors.New("bad")}}},
				rename("m-2", "a"),
			},
			want: []string{"refused InvalidRow", "blocked WaitsForAnother m-1:2"},
		},
		{
			name:   "an invalid row does not spoil a valid one for the same image",
			images: []ecs.Image{image("m-1", "a")},
			rows: []manifest.Row{
				{ImageID: "m-1", Want: values{ImageName: "c"}, Invalid: []*manifest.Error{{Line: 2, Err: errors.New("bad")}}},
				rename("m-1", "b"),
			},
			want: []string{"refused InvalidRow", "planned"},
		},
		{
			name:   "an image under the row's own temporary name is taken further",
			images: []ecs.Image{image("m-1", temporary)},
			rows:   []manifest.Row{{ImageID: "m-1", Want: values{ImageName: "b"}, Current: &values{ImageName: "a"}}},
			want:   []string{"planned"},
		},
		{
			name:   "an image under the row's own temporary name is found by the name it had",
			images: []ecs.Image{image("m-1", temporary)},
			rows:   []manifest.Row{byName("a", "b")},
			want:   []string{"planned"},
		},
		{
			name:   "an image under a foreign temporary name is healed by a row without a condition",
			images: []ecs.Image{image("m-1", foreign)},
			rows:   []manifest.Row{rename("m-1", "b")},
			want:   []string{"planned"},
		},
		{
			name:   "an image under a foreign temporary name does not meet a condition on the name",
			images: []ecs.Image{image("m-1", foreign)},
			rows:   []manifest.Row{{ImageID: "m-1", Want: values{ImageName: "b"}, Current: &values{ImageName: "a"}}},
			want:   []string{"conflict ConditionNotMet"},
		},
		{
			name: "a ring whose temporary names are all taken is refused",
			images: []ecs.Image{
				image("m-1", "a"), image("m-2", "b"),
				image("m-8", temporary), image("m-9", plan.TemporaryName("1001", "cn-hangzhou", "m-2", "a")),
			},
			rows: []manifest.Row{rename("m-1", "b"), rename("m-2", "a")},
			want: []string{"refused TemporaryNameTaken m-9", "refused TemporaryNameTaken m-9"},
		},
		{
			name:   "a ring with a member held back is blocked as a whole",
			images: []ecs.Image{image("m-1", "a"), image("m-2", "b"), image("m-3", "c")},
			rows: []manifest.Row{
				rename("m-1", "b"), rename("m-2", "c"),
				{ImageID: "m-3", Want: values{ImageName: "a"}, Current: &values{ImageName: "z"}},
			},
			want: []string{"blocked WaitsForAnother m-2:3", "blocked WaitsForAnother m-3:4", "conflict ConditionNotMet"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan.New(requests(test.rows...), lane(test.images...))
			if diff := cmp.Diff(test.want, verdicts(p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestConditions has one row for each attribute: the condition holds, does not
// hold, and does not matter.
func TestConditions(t *testing.T) {
	current := ecs.Attributes{
		ImageName: "a", Description: "one\r\ntwo", ImageFamily: "f", Status: ecs.Available,
		BootMode: "BIOS", LicenseType: "Auto", NvmeSupport: "supported", ImdsSupport: "v1",
	}
	listed := lane(ecs.Image{ID: "m-1", Attributes: current})
	for a, value := range current.All() {
		fact := "m-1 has " + a.String()
		if a == ecs.ImageName {
			fact = "m-1 is named"
		}
		check := func(name string, wantName, condition, want string) {
			t.Run(a.Condition()+" "+name, func(t *testing.T) {
				row := rename("m-1", wantName)
				row.Current = new(values)
				*(*ecs.Attributes)(row.Current).Field(a) = condition
				p := plan.New(requests(row), listed)
				if diff := cmp.Diff([]string{want}, verdicts(p)); diff != "" {
					t.Error(diff)
				}
				if q := p.Rows[0].Problem; q != nil && !strings.HasPrefix(q.Message, fact+" ") {
					t.Errorf("message %q", q.Message)
				}
			})
		}
		check("holds", "b", value, "planned")
		check("holds but for line breaks", "b", strings.ReplaceAll(value, "\r\n", "\n"), "planned")
		check("does not hold", "b", "else", "conflict ConditionNotMet")
		check("does not hold, image as desired", "a", "else", "unchanged")
	}
}

func TestProblemNamesIDsAndHints(t *testing.T) {
	p := plan.New(requests(rename("m-1", "b")), lane(image("m-1", "a"), image("m-2", "b")))
	want := &plan.Problem{Code: plan.NameTaken, ImageID: "m-2", Message: `the name "b" is taken by m-2, which this manifest does not rename`}
	if diff := cmp.Diff(want, p.Rows[0].Problem); diff != "" {
		t.Error(diff)
	}
	if want.Hint() != "add a row that renames the other image, or choose another name" {
		t.Errorf("hint %q", want.Hint())
	}
}
