package report_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/manifest"
)

var long = strings.Repeat("long-name-", 6) // 60 columns

func inFamily(id, name, family, day string) ecs.Image {
	return with(image(id, name), func(i *ecs.Image) { i.ImageFamily, i.Created = family, day+"T00:00:00Z" })
}

func TestChanges(t *testing.T) {
	for _, test := range []struct {
		name   string
		images []ecs.Image
		rows   []manifest.Row
		want   string
	}{
		{
			name:   "nothing to do",
			images: []ecs.Image{image("m-1", "a")},
			rows:   []manifest.Row{rename("m-1", "a")},
			want:   "\n",
		},
		{
			name:   "single rows, aligned by what a terminal shows",
			images: []ecs.Image{image("m-1", "a"), image("m-22", "数据库-1"), image("m-333", "web-old")},
			rows:   []manifest.Row{rename("m-1", "web"), rename("m-22", "数据库"), rename("m-333", "x1")},
			want: `
cn-hangzhou, account 1001: 3 changes
  m-1    a        → web
  m-22   数据库-1 → 数据库
  m-333  web-old  → x1

`,
		},
		{
			name: "other values, with and without a name",
			images: []ecs.Image{
				with(image("m-1", "a"), func(i *ecs.Image) { i.Description = "two\nlines" }),
				with(image("m-2", "b"), func(i *ecs.Image) { i.BootMode, i.ImdsSupport = "BIOS", "v2" }),
			},
			rows: []manifest.Row{
				edit("m-1", values{ImageName: "web", Description: "one", Status: ecs.Deprecated}),
				edit("m-2", values{BootMode: "UEFI", NvmeSupport: "supported"}),
			},
			want: `
cn-hangzhou, account 1001: 2 changes
  m-1  a → web
       description: "two\nlines" → "one"
       status: "Available" → "Deprecated"
  m-2  b
       boot_mode: "BIOS" → "UEFI"
       nvme_support: (empty) → "supported"

warning: cn-hangzhou: nvme_support was empty and cannot be emptied again: m-2

`,
		},
		{
			name:   "a chain runs from the free name",
			images: []ecs.Image{image("m-1", "a"), image("m-2", "b"), image("m-3", "c")},
			rows: []manifest.Row{
				edit("m-1", values{ImageName: "b", Status: ecs.Deprecated}),
				edit("m-2", values{ImageName: "c", BootMode: "UEFI"}), rename("m-3", "d-free"),
			},
			want: `
cn-hangzhou, account 1001: 3 changes
┌ m-3  c → d-free
│ m-2  b → c
│      boot_mode: (empty) → "UEFI"
└ m-1  a → b
       status: "Available" → "Deprecated"

warning: cn-hangzhou: boot_mode was empty and cannot be emptied again: m-2

`,
		},
		{
			name:   "a ring opens with other edits, then an image is parked",
			images: []ecs.Image{image("m-1", "a1"), image("m-2", "b1"), image("m-3", "c1")},
			rows:   []manifest.Row{rename("m-1", "b1"), edit("m-2", values{ImageName: "c1", Status: ecs.Deprecated}), rename("m-3", "a1")},
			want: `
cn-hangzhou, account 1001: 3 changes
╭ m-2  b1
│      status: "Available" → "Deprecated"
│ m-1  a1 → imgrename-tmp-7dc96f776c8423e5-6311fbb2369eeefc (temporary)
│ m-3  c1 → a1
│ m-2  b1 → c1
╰ m-1  imgrename-tmp-7dc96f776c8423e5-6311fbb2369eeefc → b1

`,
		},
		{
			name:   "held back, with the reason and what to do",
			images: []ecs.Image{image("m-1", "a"), image("m-2", "b"), image("m-3", "taken"), image("m-4", "d")},
			rows: []manifest.Row{
				rename("m-1", "b"), rename("m-2", "taken"), rename("m-9", "x"),
				{ImageID: "m-4", Current: &values{ImageName: "D"}, Want: values{Status: ecs.Deprecated}},
				byName("gone", "y"),
				{Invalid: []*manifest.Error{{Line: 7, Column: "image_name", Err: errors.New("too \x1b[31m odd")}}},
			},
			want: `
cn-hangzhou, account 1001: 0 changes
× m-1 → b: blocked (line 2)
    WaitsForAnother: m-1 waits for line 3 (m-2), which is refused: NameTaken
× m-2 → taken: refused (line 3)
    NameTaken: the name "taken" is taken by m-3, which this manifest does not
    rename
    hint: add a row that renames the other image, or choose another name
× m-9 → x: refused (line 4)
    NoSuchImage: no image m-9 in cn-hangzhou of account 1001
    hint: check the id, the region and the profile
× m-4: conflict (line 5)
    ConditionNotMet: m-4 is named "d", the row expects "D"
    hint: export again to see what has changed, or correct the condition
× gone → y: refused (line 6)
    NoSuchImage: no image in cn-hangzhou of account 1001 is named "gone"
    hint: check the id, the region and the profile
× (no id): refused (line 7)
    InvalidRow: image_name: too \x1b[31m odd

`,
		},
		{
			name:   "long names go to lines of their own, very long ones to the left",
			images: []ecs.Image{image("m-bp1000000000000001", "a"), image("m-bp1000000000000002", long[:50]), image("m-bp1000000000000003", long)},
			rows: []manifest.Row{
				rename("m-bp1000000000000001", long+"1"), rename("m-bp1000000000000002", long[:51]),
				edit("m-bp1000000000000003", values{ImageName: "c1", Description: long}), rename("m-bp1000000000000004", long),
			},
			want: `
cn-hangzhou, account 1001: 3 changes
  m-bp1000000000000001  a
    → long-name-long-name-long-name-long-name-long-name-long-name-1
  m-bp1000000000000002  long-name-long-name-long-name-long-name-long-name-
                        → long-name-long-name-long-name-long-name-long-name-l
  m-bp1000000000000003
    long-name-long-name-long-name-long-name-long-name-long-name- → c1
                        description: (empty)
    → "long-name-long-name-long-name-long-name-long-name-long-name-"
× m-bp1000000000000004
    → long-name-long-name-long-name-long-name-long-name-long-name-: refused
    (line 5)
    NoSuchImage: no image m-bp1000000000000004 in cn-hangzhou of account 1001
    hint: check the id, the region and the profile

warning: cn-hangzhou: description was empty and cannot be emptied again:
    m-bp1000000000000003

`,
		},
		{
			name: "a name too wide for any line stays where it is",
			rows: []manifest.Row{byName(long+long[:20], "f1")},
			want: `
cn-hangzhou, account 1001: 0 changes
× long-name-long-name-long-name-long-name-long-name-long-name-long-name-long-name-
    → f1: refused (line 2)
    NoSuchImage: no image in cn-hangzhou of account 1001 is named
    "long-name-long-name-long-name-long-name-long-name-long-name-long-name-long-name-"
    hint: check the id, the region and the profile

`,
		},
		{
			name:   "what comes after another chain says so",
			images: []ecs.Image{inFamily("m-1", "a", "web", "2026-01-01"), inFamily("m-2", "b", "", "2026-02-01")},
			rows:   []manifest.Row{edit("m-1", values{Status: ecs.Deprecated}), edit("m-2", values{ImageFamily: "web"})},
			want: `
cn-hangzhou, account 1001: 2 changes
  m-1  a
       status: "Available" → "Deprecated"
       (after m-2)
  m-2  b
       image_family: (empty) → "web"

warning: cn-hangzhou: image_family was empty and cannot be emptied again: m-2

risk family: cn-hangzhou: a launch by family "web" boots m-1 (2026-01-01) now
    and will boot m-2 (2026-02-01)

`,
		},
		{
			name:   "spaces of a value are kept, controls are escaped",
			images: []ecs.Image{image("m-1", "a  b"), image("m-2", "a\x1b[31m"), image("m-3", "held  name")},
			rows:   []manifest.Row{rename("m-1", "c1"), rename("m-2", "d1"), rename("m-4", "e1"), byName("no  such", "f1")},
			want: `
cn-hangzhou, account 1001: 2 changes
  m-1  a  b      → c1
  m-2  a\x1b[31m → d1
× m-4 → e1: refused (line 4)
    NoSuchImage: no image m-4 in cn-hangzhou of account 1001
    hint: check the id, the region and the profile
× no  such → f1: refused (line 5)
    NoSuchImage: no image in cn-hangzhou of account 1001 is named "no  such"
    hint: check the id, the region and the profile

`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := strings.TrimPrefix(test.want, "\n")
			if diff := cmp.Diff(want, changes(t, planOf(test.images, test.rows...))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
