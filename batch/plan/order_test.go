package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

func TestOrder(t *testing.T) {
	a, b, c := image("m-1", "a"), image("m-2", "b"), image("m-3", "c")
	shared := func(i *ecs.Image) { i.Shared = true }
	public := func(i *ecs.Image) { i.Public = true }
	family := func(i *ecs.Image) { i.ImageFamily = "f" }
	deprecated := func(i *ecs.Image) { i.Status = ecs.Deprecated }
	park := func(id, want string) string { return plan.TemporaryName("1001", "cn-hangzhou", id, want) }
	for _, test := range []struct {
		name   string
		images []ecs.Image
		rows   []manifest.Row
		want   []string
	}{
		{
			name:   "rows that need not wait are chains of their own",
			images: []ecs.Image{a, b},
			rows:   []manifest.Row{rename("m-1", "x"), rename("m-2", "y")},
			want:   []string{"m-1→x", "m-2→y"},
		},
		{
			name:   "a path runs from its free end",
			images: []ecs.Image{a, b, c},
			rows:   []manifest.Row{rename("m-2", "c"), rename("m-1", "b"), rename("m-3", "d")},
			want:   []string{"m-3→d m-2→c m-1→b"},
		},
		{
			name:   "a swap parks the smaller id",
			images: []ecs.Image{a, b},
			rows:   []manifest.Row{rename("m-2", "a"), rename("m-1", "b")},
			want:   []string{"ring: m-1→* m-2→a m-1→b"},
		},
		{
			name:   "a ring of three",
			images: []ecs.Image{a, b, c},
			rows:   []manifest.Row{rename("m-1", "b"), rename("m-2", "c"), rename("m-3", "a")},
			want:   []string{"ring: m-1→* m-3→a m-2→c m-1→b"},
		},
		{
			name:   "an image that is shared or in a family is not parked if another can be",
			images: []ecs.Image{with(a, shared), with(b, family), c},
			rows:   []manifest.Row{rename("m-1", "b"), rename("m-2", "c"), rename("m-3", "a")},
			want:   []string{"ring: m-3→* m-2→c m-1→b m-3→a"},
		},
		{
			name:   "a published image is not parked if another can be",
			images: []ecs.Image{with(a, public), with(b, family)},
			rows:   []manifest.Row{rename("m-1", "b"), rename("m-2", "a")},
			want:   []string{"ring: m-2→* m-1→b m-2→a"},
		},
		{
			name:   "rather one in a family than a shared one is parked",
			images: []ecs.Image{with(a, shared), with(b, family)},
			rows:   []manifest.Row{rename("m-1", "b"), rename("m-2", "a")},
			want:   []string{"ring: m-2→* m-1→b m-2→a"},
		},
		{
			name:   "an image that joins a family is in one when it would be parked",
			images: []ecs.Image{a, b},
			rows:   []manifest.Row{edit("m-1", values{ImageName: "b", ImageFamily: "f"}), rename("m-2", "a")},
			want:   []string{"ring: m-1+image_family=f m-2→* m-1→b m-2→a"},
		},
		{
			name:   "an image whose temporary name is taken is not parked",
			images: []ecs.Image{a, b, image("m-9", park("m-1", "b"))},
			rows:   []manifest.Row{rename("m-1", "b"), rename("m-2", "a")},
			want:   []string{"ring: m-2→* m-1→b m-2→a"},
		},
		{
			name:   "all edits of an image travel in its final call",
			images: []ecs.Image{a, b},
			rows:   []manifest.Row{edit("m-1", values{ImageName: "b", Description: "one"}), edit("m-2", values{ImageName: "x", BootMode: "UEFI"})},
			want:   []string{"m-2→x+boot_mode=UEFI m-1→b+description=one"},
		},
		{
			name:   "ring members send their other edits before anything is parked",
			images: []ecs.Image{a, b},
			rows:   []manifest.Row{edit("m-1", values{ImageName: "b", Description: "one"}), edit("m-2", values{ImageName: "a", BootMode: "UEFI"})},
			want:   []string{"ring: m-2+boot_mode=UEFI m-1+description=one m-1→* m-2→a m-1→b"},
		},
		{
			name:   "a row that changes no name is a chain of its own",
			images: []ecs.Image{a, b},
			rows:   []manifest.Row{edit("m-1", values{ImageName: "a", Description: "one"}), rename("m-2", "c")},
			want:   []string{"m-1+description=one", "m-2→c"},
		},
		{
			name:   "only what differs is sent",
			images: []ecs.Image{with(a, family)},
			rows:   []manifest.Row{edit("m-1", values{ImageName: "x", ImageFamily: "f", Status: ecs.Available})},
			want:   []string{"m-1→x"},
		},
		{
			name:   "an open ring is a path, and marked",
			images: []ecs.Image{image("m-1", park("m-1", "b")), b},
			rows:   []manifest.Row{rename("m-1", "b"), rename("m-2", "a")},
			want:   []string{"open: m-2→a m-1→b"},
		},
		{
			name:   "what deprecates comes after what makes Available or joins",
			images: []ecs.Image{with(a, family), with(with(b, family), deprecated), c},
			rows: []manifest.Row{
				edit("m-1", values{Status: ecs.Deprecated}),
				edit("m-2", values{Status: ecs.Available}),
				edit("m-3", values{ImageFamily: "f"}),
			},
			want: []string{"m-1+status=Deprecated after [1 2]", "m-2+status=Available", "m-3+image_family=f"},
		},
		{
			name:   "what deprecates does not wait for another family, or for a Deprecated image that joins",
			images: []ecs.Image{with(a, family), with(b, deprecated), c},
			rows: []manifest.Row{
				edit("m-1", values{Status: ecs.Deprecated}),
				edit("m-2", values{ImageFamily: "f"}),
				edit("m-3", values{ImageFamily: "g"}),
			},
			want: []string{"m-1+status=Deprecated", "m-2+image_family=f", "m-3+image_family=g"},
		},
		{
			name:   "in one chain the names decide, and it does not wait for itself",
			images: []ecs.Image{with(a, family), with(b, family), with(with(c, family), deprecated)},
			rows: []manifest.Row{
				edit("m-2", values{Status: ecs.Deprecated}),
				edit("m-1", values{ImageName: "old", Status: ecs.Deprecated}),
				edit("m-3", values{ImageName: "a", Status: ecs.Available}),
			},
			want: []string{"m-2+status=Deprecated after [1]", "m-1→old+status=Deprecated m-3→a+status=Available"},
		},
		{
			name: "a chain that waits twice for another says so once",
			images: []ecs.Image{
				with(a, family), with(b, func(i *ecs.Image) { i.ImageFamily = "g" }), c, image("m-4", "d"),
			},
			rows: []manifest.Row{
				edit("m-1", values{ImageName: "x", Status: ecs.Deprecated}), edit("m-2", values{ImageName: "a", Status: ecs.Deprecated}),
				edit("m-3", values{ImageName: "y", ImageFamily: "f"}), edit("m-4", values{ImageName: "c", ImageFamily: "g"}),
			},
			want: []string{
				"m-1→x+status=Deprecated m-2→a+status=Deprecated after [1]",
				"m-3→y+image_family=f m-4→c+image_family=g",
			},
		},
		{
			name: "a circle of waiting is cut",
			images: []ecs.Image{
				with(a, family), b,
				with(c, func(i *ecs.Image) { i.ImageFamily = "g" }), image("m-4", "d"),
			},
			rows: []manifest.Row{
				edit("m-1", values{ImageName: "old-1", Status: ecs.Deprecated}),
				edit("m-2", values{ImageName: "a", ImageFamily: "g"}),
				edit("m-3", values{ImageName: "old-2", Status: ecs.Deprecated}),
				edit("m-4", values{ImageName: "c", ImageFamily: "f"}),
			},
			want: []string{
				"m-1→old-1+status=Deprecated m-2→a+image_family=g after [1]",
				"m-3→old-2+status=Deprecated m-4→c+image_family=f",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan.New(requests(test.rows...), lane(test.images...))
			got := chains(p)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOldNameIsNeverOurTemporaryOne(t *testing.T) {
	parked := plan.TemporaryName("1001", "cn-hangzhou", "m-1", "b")
	row := rename("m-1", "b")
	for want, condition := range map[string]string{"": "", "a": "a"} {
		row.Current = manifest.Conditions(manifest.Values{ImageName: condition})
		p := plan.New(requests(row), lane(image("m-1", parked)))
		if got := p.Rows[0].Old.ImageName; got != want {
			t.Errorf("old name %q, want %q", got, want)
		}
	}
}

func TestTemporaryNames(t *testing.T) {
	name := plan.TemporaryName("1001", "cn-hangzhou", "m-1", "b")
	if want := "imgrename-tmp-3e23e8160039594a-"; len(name) != len(want)+16 || name[:len(want)] != want {
		t.Errorf("%q does not begin with %q", name, want)
	}
	if err := ecs.ImageName.Check(name); err != nil {
		t.Errorf("%q is not legal: %v", name, err)
	}
	for _, other := range []string{
		plan.TemporaryName("1002", "cn-hangzhou", "m-1", "b"), plan.TemporaryName("1001", "cn-shanghai", "m-1", "b"),
		plan.TemporaryName("1001", "cn-hangzhou", "m-2", "b"), plan.TemporaryName("1001", "cn-hangzhou", "m-1", "c"),
	} {
		if other == name || !plan.IsTemporary(other) {
			t.Errorf("%q: not a temporary name of its own", other)
		}
	}
	for _, other := range []string{"", "imgrename-tmp-", name[1:], name[:len(name)-1], name + "0", "imgrename-tmp-3E23e8160039594a-3e23e8160039594a"} {
		if plan.IsTemporary(other) {
			t.Errorf("%q is taken for a temporary name", other)
		}
	}
}
