package plan_test

import (
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// Where two values look alike, messages show in which characters they differ.
func TestAlikeValues(t *testing.T) {
	for _, test := range []struct {
		name, is, expected string
		want               string
	}{
		{"other names", "café", "tea", `m-1 is named "café", the row expects "tea"`},
		{"composed and decomposed", "café-1", "cafe\u0301-1", `m-1 is named "caf\u00e9-1", the row expects "cafe\u0301-1"`},
		{"decomposed and composed", "镜像e\u0301", "镜像é", `m-1 is named "镜像e\u0301", the row expects "镜像\u00e9"`},
		{"two marks, one of them in common", "\u00eb\u0323", "e\u0308\u0323", `m-1 is named "\u00eb\u0323", the row expects "e\u0308\u0323"`},
		{"full width", "web-１", "web-1", `m-1 is named "web-\uff11", the row expects "web-1"`},
		{"variation selector", "镜像", "镜\ufe00像", `m-1 is named "镜像", the row expects "镜\ufe00像"`},
		{"letter that shows nothing", "镜\u3164像", "镜像", `m-1 is named "镜\u3164像", the row expects "镜像"`},
		{"zero-width space", "web", "we\u200bb", `m-1 is named "web", the row expects "we\u200bb"`},
		{"no-break space", "a b", "a\u00a0b", `m-1 is named "a b", the row expects "a\u00a0b"`},
		{"case", "Émile", "émile", `m-1 is named "\u00c9mile", the row expects "\u00e9mile"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			row := rename("m-1", "new")
			row.Current = &manifest.Values{ImageName: test.expected}
			p := plan.New(requests(row), lane(image("m-1", test.is)))
			if r := p.Rows[0]; r.Verdict != plan.Conflict || r.Problem.Message != test.want {
				t.Errorf("%s: %+v, want %q", r.Verdict, r.Problem, test.want)
			}
		})
	}
}

// Drift shows the difference, too.
func TestAlikeDrift(t *testing.T) {
	saved := plan.New(requests(rename("m-1", "new")), lane(image("m-1", "café")))
	p := plan.Compare(saved, lane(image("m-1", "cafe\u0301")))
	want := `m-1 is named "cafe\u0301"; it was "caf\u00e9" when the plan was made`
	if r := p.Rows[0]; r.Problem == nil || r.Problem.Message != want {
		t.Errorf("%+v, want %q", r.Problem, want)
	}
}

// An image that is not found by its name may have one that looks like it.
func TestAlikeNotFound(t *testing.T) {
	images := []ecs.Image{image("m-1", ""), image("m-2", "cafe\u0301"), image("m-3", "Web")}
	for name, want := range map[string]string{
		"café": `no image in cn-hangzhou of account 1001 is named "caf\u00e9"; m-2 is named "cafe\u0301"`,
		"web":  `no image in cn-hangzhou of account 1001 is named "web"; m-3 is named "Web"`,
		"tea":  `no image in cn-hangzhou of account 1001 is named "tea"`,
	} {
		p := plan.New(requests(byName(name, "new"), byName("tea", "other")), lane(images...))
		if r := p.Rows[0]; r.Problem == nil || r.Problem.Message != want {
			t.Errorf("%s: %+v, want %q", name, r.Problem, want)
		}
	}
}
