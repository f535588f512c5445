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

func TestRisks(t *testing.T) {
	old, young := inFamily("m-1", "a", "f", "2025-01-01"), inFamily("m-2", "b", "f", "2025-02-01")
	deprecated := func(i *ecs.Image) { i.Status = ecs.Deprecated }
	for _, test := range []struct {
		name   string
		images []ecs.Image
		rows   []manifest.Row
		want   []string
	}{
		{
			name:   "a rename is no risk",
			images: []ecs.Image{old, young},
			rows:   []manifest.Row{rename("m-2", "c")},
		},
		{
			name:   "family: the newest is deprecated",
			images: []ecs.Image{old, young},
			rows:   []manifest.Row{edit("m-2", values{Status: ecs.Deprecated})},
			want:   []string{"family rows [0] [m-2 m-1] f: m-2 → m-1"},
		},
		{
			name:   "family: the newest is made Available",
			images: []ecs.Image{old, with(young, deprecated)},
			rows:   []manifest.Row{edit("m-2", values{Status: ecs.Available})},
			want:   []string{"family rows [0] [m-1 m-2] f: m-1 → m-2"},
		},
		{
			name:   "family: a newer image joins, another is left",
			images: []ecs.Image{old, inFamily("m-3", "c", "g", "2025-03-01"), inFamily("m-4", "d", "g", "2025-01-01")},
			rows:   []manifest.Row{edit("m-3", values{ImageFamily: "f"})},
			want:   []string{"family rows [0] [m-1 m-3] f: m-1 → m-3", "family rows [0] [m-3 m-4] g: m-3 → m-4"},
		},
		{
			name:   "family: of two of one age the one with the larger id is booted",
			images: []ecs.Image{old, inFamily("m-0", "c", "f", "2025-01-01")},
			rows:   []manifest.Row{edit("m-1", values{Status: ecs.Deprecated})},
			want:   []string{"family rows [0] [m-1 m-0] f: m-1 → m-0"},
		},
		{
			name:   "no risk: an older one is deprecated",
			images: []ecs.Image{old, young},
			rows:   []manifest.Row{edit("m-1", values{Status: ecs.Deprecated})},
		},
		{
			name:   "no risk: the first image of a family",
			images: []ecs.Image{image("m-1", "a")},
			rows:   []manifest.Row{edit("m-1", values{ImageFamily: "f"})},
		},
		{
			name:   "no risk: a row that is held back",
			images: []ecs.Image{old},
			rows:   []manifest.Row{{ImageID: "m-1", Want: values{Status: ecs.Deprecated}, Current: &values{ImageName: "z"}}},
		},
		{
			name:   "deprecate-last: the only one is deprecated",
			images: []ecs.Image{old, with(young, deprecated)},
			rows:   []manifest.Row{edit("m-1", values{Status: ecs.Deprecated})},
			want:   []string{"deprecate-last rows [0] [m-1] f: m-1 → "},
		},
		{
			name:   "deprecate-last: all are, by several rows",
			images: []ecs.Image{old, young},
			rows:   []manifest.Row{edit("m-1", values{Status: ecs.Deprecated}), edit("m-2", values{Status: ecs.Deprecated})},
			want:   []string{"deprecate-last rows [0 1] [m-2] f: m-2 → "},
		},
		{
			name:   "deprecate-last: the only one goes to another family",
			images: []ecs.Image{old},
			rows:   []manifest.Row{edit("m-1", values{ImageFamily: "g"})},
			want:   []string{"deprecate-last rows [0] [m-1] f: m-1 → "},
		},
		{
			name:   "one-way: license",
			images: []ecs.Image{image("m-1", "a")},
			rows:   []manifest.Row{edit("m-1", values{LicenseType: "BYOL"})},
			want:   []string{"one-way rows [0] [m-1]"},
		},
		{
			name:   "one-way: imds v2, but not v1, and not where it is v2",
			images: []ecs.Image{image("m-1", "a"), image("m-2", "b"), with(image("m-3", "c"), func(i *ecs.Image) { i.ImdsSupport = "v2" })},
			rows: []manifest.Row{
				edit("m-1", values{ImdsSupport: "v2"}), edit("m-2", values{ImdsSupport: "v1"}),
				edit("m-3", values{ImdsSupport: "v2", ImageName: "x"}),
			},
			want: []string{"one-way rows [0] [m-1]"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan.New(requests(test.rows...), lane(test.images...))
			if diff := cmp.Diff(test.want, notices(p.Risks)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	foreign := plan.TemporaryName("1001", "cn-hangzhou", "m-1", "other")
	own := plan.TemporaryName("1001", "cn-hangzhou", "m-1", "b")
	for _, test := range []struct {
		name   string
		images []ecs.Image
		rows   []manifest.Row
		want   []string
		text   string
	}{
		{
			name:   "a plain rename",
			images: []ecs.Image{image("m-1", "a")},
			rows:   []manifest.Row{rename("m-1", "黄金镜像-ß-1")},
		},
		{
			name:   "a shared image",
			images: []ecs.Image{with(image("m-1", "a"), func(i *ecs.Image) { i.Shared = true }), with(image("m-2", "b"), func(i *ecs.Image) { i.Shared = true })},
			rows:   []manifest.Row{rename("m-1", "c"), rename("m-2", "b")},
			want:   []string{"shared rows [0] [m-1]"},
			text:   "shared with other accounts: m-1",
		},
		{
			name:   "a published image",
			images: []ecs.Image{with(image("m-1", "a"), func(i *ecs.Image) { i.Public = true }), with(image("m-2", "b"), func(i *ecs.Image) { i.Public, i.Shared = true, true })},
			rows:   []manifest.Row{rename("m-1", "c"), rename("m-2", "d")},
			want:   []string{"shared rows [1] [m-2]", "public rows [0 1] [m-1 m-2]"},
			text:   "shared with other accounts: m-2",
		},
		{
			name:   "a value that was empty cannot be emptied again",
			images: []ecs.Image{image("m-1", "a"), with(image("m-2", "b"), func(i *ecs.Image) { i.Description = "text" })},
			rows:   []manifest.Row{edit("m-1", values{Description: "one", ImageFamily: "f"}), edit("m-2", values{Description: "one"})},
			want:   []string{"was-empty rows [0] [m-1]", "was-empty rows [0] [m-1]"},
			text:   "description was empty and cannot be emptied again: m-1",
		},
		{
			name:   "names that will differ by case only",
			images: []ecs.Image{image("m-1", "Golden"), image("m-2", "b"), image("m-3", "c")},
			rows:   []manifest.Row{rename("m-2", "golden"), rename("m-3", "GOLDEN")},
			want:   []string{"case-only rows [0 1] [m-1 m-2 m-3]"},
			text:   `names will differ only in case: "Golden" (m-1), "golden" (m-2), "GOLDEN" (m-3)`,
		},
		{
			name:   "none of them in lower case",
			images: []ecs.Image{image("m-1", "Golden"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-2", "GOLDEN")},
			want:   []string{"case-only rows [0] [m-1 m-2]"},
		},
		{
			name:   "capitals that no other name is like",
			images: []ecs.Image{image("m-1", "Golden"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-2", "Silver")},
		},
		{
			name:   "names that differ by case only and stay as they are",
			images: []ecs.Image{image("m-1", "Golden"), image("m-2", "golden"), image("m-3", "c")},
			rows:   []manifest.Row{rename("m-3", "d")},
		},
		{
			name:   "names that differ by case only on the way are no trouble",
			images: []ecs.Image{image("m-1", "Golden"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-1", "old"), rename("m-2", "golden")},
		},
		{
			name:   "a rename that changes case only",
			images: []ecs.Image{image("m-1", "Golden")},
			rows:   []manifest.Row{rename("m-1", "golden")},
			want:   []string{"case-only rows [0] [m-1]"},
			text:   "the new name differs from the old one only in case: m-1",
		},
		{
			name:   "a full-width name beside one that stays",
			images: []ecs.Image{image("m-1", "web-1"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-2", "web-１")},
			want:   []string{"look-alike rows [0] [m-1 m-2]"},
			text:   `names will look alike: "web-1" (m-1), "web-\uff11" (m-2)`,
		},
		{
			name:   "names in two widths and cases, both wanted",
			images: []ecs.Image{image("m-1", "a"), image("m-2", "b"), image("m-3", "c")},
			rows:   []manifest.Row{rename("m-1", "ＷＥＢ"), rename("m-2", "web"), rename("m-3", "WEB")},
			want:   []string{"look-alike rows [0 1 2] [m-1 m-2 m-3]"},
			text:   `names will look alike: "\uff37\uff25\uff22" (m-1), "web" (m-2), "WEB" (m-3)`,
		},
		{
			name:   "a name beside an old one in decomposed characters",
			images: []ecs.Image{image("m-1", "cafe\u0301"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-2", "café")},
			want:   []string{"look-alike rows [0] [m-1 m-2]"},
			text:   `names will look alike: "cafe\u0301" (m-1), "caf\u00e9" (m-2)`,
		},
		{
			name:   "a Cyrillic letter beside a Latin name that stays",
			images: []ecs.Image{image("m-1", "web-1"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-2", "wеb-1")},
			want:   []string{"look-alike rows [0] [m-1 m-2]", "other-script rows [0] [m-2]"},
			text:   `names will look alike: "web-1" (m-1), "w\u0435b-1" (m-2)`,
		},
		{
			name:   "Cyrillic and Greek capitals, both wanted",
			images: []ecs.Image{image("m-1", "a"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-1", "НТТР-АΒ"), rename("m-2", "http-ab")},
			want:   []string{"look-alike rows [0 1] [m-1 m-2]", "other-script rows [0] [m-1]"},
		},
		{
			name:   "a rename that only makes a Cyrillic letter Latin",
			images: []ecs.Image{image("m-1", "wеb-1")},
			rows:   []manifest.Row{rename("m-1", "web-1")},
			want:   []string{"look-alike rows [0] [m-1]"},
			text:   `the new name looks like the old one: m-1 "w\u0435b-1" → "web-1"`,
		},
		{
			name:   "Cyrillic names that differ by case only",
			images: []ecs.Image{image("m-1", "Сервер"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-2", "сервер")},
			want:   []string{"case-only rows [0] [m-1 m-2]", "other-script rows [0] [m-2]"},
		},
		{
			name:   "a letter that shows nothing",
			images: []ecs.Image{image("m-1", "web"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-2", "we\u3164b")},
			want:   []string{"look-alike rows [0] [m-1 m-2]", "other-script rows [0] [m-2]"},
			text:   `names will look alike: "web" (m-1), "we\u3164b" (m-2)`,
		},
		{
			name:   "a name that shows nothing is not like no name",
			images: []ecs.Image{image("m-1", ""), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-2", "\u3164\u3164")},
			want:   []string{"other-script rows [0] [m-2]"},
		},
		{
			name:   "accented names that differ by case only",
			images: []ecs.Image{image("m-1", "Émile"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-2", "émile")},
			want:   []string{"case-only rows [0] [m-1 m-2]"},
			text:   `names will differ only in case: "Émile" (m-1), "émile" (m-2)`,
		},
		{
			name:   "a rename that composes only",
			images: []ecs.Image{image("m-1", "cafe\u0301")},
			rows:   []manifest.Row{rename("m-1", "café")},
			want:   []string{"look-alike rows [0] [m-1]"},
			text:   `the new name looks like the old one: m-1 "cafe\u0301" → "caf\u00e9"`,
		},
		{
			name:   "names that look alike on the way are no trouble",
			images: []ecs.Image{image("m-1", "web-1"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-1", "old"), rename("m-2", "web-１")},
		},
		{
			name:   "a name in another script",
			images: []ecs.Image{image("m-1", "a")},
			rows:   []manifest.Row{rename("m-1", "gоlden")},
			want:   []string{"other-script rows [0] [m-1]"},
			text:   `letters in image_name that are neither Latin nor Han: m-1 "gоlden" (Cyrillic)`,
		},
		{
			name:   "a family in another script",
			images: []ecs.Image{inFamily("m-1", "a", "f", "2025-01-01")},
			rows:   []manifest.Row{edit("m-1", values{ImageFamily: "ゴールド"})},
			want:   []string{"other-script rows [0] [m-1]"},
			text:   `letters in image_family that are neither Latin nor Han: m-1 "ゴールド" (Katakana)`,
		},
		{
			name:   "an image under a foreign temporary name",
			images: []ecs.Image{image("m-1", foreign), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-2", "c")},
			want:   []string{"left-parked rows [] [m-1]"},
			text:   `m-1 is under the temporary name "` + foreign + `" of another run`,
		},
		{
			name:   "an image under a foreign temporary name and the row that heals it",
			images: []ecs.Image{image("m-1", foreign)},
			rows:   []manifest.Row{rename("m-1", "b")},
			want:   []string{"left-parked rows [0] [m-1]"},
			text:   `m-1 is under the temporary name "` + foreign + `" of another run; line 2 gives it the name "b"`,
		},
		{
			name:   "an image under its own row's temporary name is not named",
			images: []ecs.Image{image("m-1", own)},
			rows:   []manifest.Row{rename("m-1", "b")},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan.New(requests(test.rows...), lane(test.images...))
			if diff := cmp.Diff(test.want, notices(p.Warnings)); diff != "" {
				t.Error(diff)
			}
			if test.text != "" && p.Warnings[0].Text != test.text {
				t.Errorf("text %q, want %q", p.Warnings[0].Text, test.text)
			}
		})
	}
}

func TestCheckRisks(t *testing.T) {
	p := plan.New(
		requests(edit("m-1", values{Status: ecs.Deprecated}), edit("m-2", values{LicenseType: "BYOL"})),
		lane(inFamily("m-1", "a", "f", "2025-01-01"), image("m-2", "b")),
	)
	for _, test := range []struct {
		name    string
		allowed []plan.Kind
		want    string
		hint    string
	}{
		{"nothing is allowed", nil, "2 risks not allowed: deprecate-last, one-way; the first: " + p.Risks[0].Text, "if this is intended, add --allow deprecate-last,one-way"},
		{"one is", []plan.Kind{plan.DeprecateLast}, "1 risk not allowed: one-way; the first: " + p.Risks[1].Text, "if this is intended, add --allow one-way"},
		{"all are", plan.RiskKinds(), "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := p.CheckRisks(test.allowed...)
			e, ok := errors.AsType[*plan.RiskError](err)
			if !ok {
				if err != nil || test.want != "" {
					t.Fatalf("got %v", err)
				}
				return
			}
			if e.Error() != test.want || e.Hint() != test.hint {
				t.Errorf("got %q, hint %q", e, e.Hint())
			}
		})
	}
}

func TestKindWords(t *testing.T) {
	for k := plan.FamilyMoves; k <= plan.LeftParked; k++ {
		var back plan.Kind
		text, _ := k.MarshalText()
		if err := back.UnmarshalText(text); err != nil || back != k {
			t.Errorf("%v comes back as %v: %v", k, back, err)
		}
	}
	var k plan.Kind
	for _, word := range []string{"", "undecided", "Family"} {
		if err := k.UnmarshalText([]byte(word)); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%q: %v", word, err)
		}
	}
}
