package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

func globs(t *testing.T, text string) plan.Globs {
	t.Helper()
	g, err := plan.ParseGlobs(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGlobs(t *testing.T) {
	for _, test := range []struct {
		name, file string
		fits       []string
		others     []string
	}{
		{"the whole name", "web", []string{"web"}, []string{"web-1", "my-web", "Web", ""}},
		{"any text", "prod-*", []string{"prod-", "prod-web", "prod-a/b"}, []string{"prod", "a-prod-b"}},
		{"any character", "v?", []string{"v1", "v镜"}, []string{"v", "v12"}},
		{"one of some", "v[1-3]", []string{"v2"}, []string{"v4", "v[1-3]"}},
		{"none of some", "v[^1]", []string{"v2"}, []string{"v1"}},
		{"a star itself", `v\*`, []string{"v*"}, []string{"v1"}},
		{"a slash is like any other", "a/?", []string{"a/b", "a//"}, []string{"a-b"}},
		{"comments, blank lines and spaces", "\ufeff# names\r\n\r\n  web  \n\n\t#x\napi", []string{"web", "api"}, []string{"# names", "#x", "\ufeff# names"}},
		{"everything", "*", []string{"web", "a/b"}, []string{""}},
		{"an empty file", "", nil, []string{"", "web"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := globs(t, test.file)
			for _, name := range test.fits {
				if !g.Match(name) {
					t.Errorf("%q does not fit", name)
				}
			}
			for _, name := range test.others {
				if g.Match(name) {
					t.Errorf("%q fits", name)
				}
			}
		})
	}
}

func TestGlobErrorsNameTheLines(t *testing.T) {
	g, err := plan.ParseGlobs(strings.NewReader("web\n# [\n[a\n\nb\\\n\xff\n"))
	want := "line 3: \"[a\" is not a pattern of names\nline 5: \"b\\\\\" is not a pattern of names\nline 6: \"\\xff\" is not a pattern of names"
	if g != nil || text(err) != want {
		t.Errorf("%q, %v, want %s", g, err, want)
	}
	if _, err := plan.ParseGlobs(strings.NewReader(strings.Repeat("a", 100_000))); err == nil {
		t.Error("a line of 100,000 characters is read")
	}
}

func TestProtect(t *testing.T) {
	for _, test := range []struct {
		name   string
		file   string
		images []ecs.Image
		rows   []manifest.Row
		want   []string
		text   string
	}{
		{
			name:   "a name that is not protected",
			file:   "prod-*",
			images: []ecs.Image{image("m-1", "prod-web"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-2", "c")},
		},
		{
			name:   "a protected name is taken away",
			file:   "prod-*",
			images: []ecs.Image{image("m-1", "prod-web"), image("m-2", "prod-api")},
			rows:   []manifest.Row{rename("m-1", "a"), rename("m-2", "b")},
			want:   []string{"protected rows [0 1] [m-1 m-2]"},
			text:   `a protected name is taken away from its image: "prod-web" (m-1), "prod-api" (m-2)`,
		},
		{
			name:   "a protected name is given, and is new",
			file:   "prod-*",
			images: []ecs.Image{image("m-1", "a")},
			rows:   []manifest.Row{rename("m-1", "prod-web")},
			want:   []string{"protected rows [0] [m-1]"},
			text:   `a protected name is given to another image: "prod-web" (m-1)`,
		},
		{
			name:   "a swap takes, gives and parks",
			file:   "prod",
			images: []ecs.Image{image("m-1", "prod"), image("m-2", "b")},
			rows:   []manifest.Row{rename("m-1", "b"), rename("m-2", "prod")},
			want:   []string{"protected rows [0] [m-1]", "protected rows [1] [m-2]", "protected rows [0] [m-1]"},
			text:   `a protected name is taken away from its image: "prod" (m-1)`,
		},
		{
			name:   "another attribute of an image with a protected name",
			file:   "prod",
			images: []ecs.Image{image("m-1", "prod")},
			rows:   []manifest.Row{edit("m-1", values{ImageName: "prod", Description: "text"})},
		},
		{
			name:   "a row that is held back",
			file:   "prod",
			images: []ecs.Image{image("m-1", "prod"), image("m-2", "taken")},
			rows:   []manifest.Row{rename("m-1", "taken")},
		},
		{
			name:   "between other risks, by lane",
			file:   "prod",
			images: []ecs.Image{image("m-1", "prod")},
			rows:   []manifest.Row{edit("m-1", values{ImageName: "b", LicenseType: "BYOL"})},
			want:   []string{"one-way rows [0] [m-1]", "protected rows [0] [m-1]"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan.New(requests(test.rows...), lane(test.images...))
			g := globs(t, test.file)
			p.Protect(g)
			p.Protect(g)
			if diff := cmp.Diff(test.want, notices(p.Risks)); diff != "" {
				t.Error(diff)
			}
			if test.text != "" && p.Risks[0].Text != test.text {
				t.Errorf("text %q, want %q", p.Risks[0].Text, test.text)
			}
		})
	}
}

func TestProtectedIsRefusedUnlessAllowed(t *testing.T) {
	p := plan.New(requests(rename("m-1", "b")), lane(image("m-1", "prod")))
	p.Protect(globs(t, "prod"))
	if err := p.CheckRisks(); err == nil {
		t.Error("not refused")
	}
	if err := p.CheckRisks(plan.Protected); err != nil {
		t.Error(err)
	}
}
