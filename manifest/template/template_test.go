package template_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/manifest/template"
)

// image is a source whose values are its own map.
type image map[string]string

func (i image) Current(column string) string     { return i[column] }
func (i image) Value(v template.Variable) string { return i[v.String()] }

func TestExpand(t *testing.T) {
	values := image{"{current_name}": "web-1", "{tag:env}": "prod", "{x_role}": "角色", "{a b:c:d}": "x", "{long}": strings.Repeat("n", template.MaxLength)}
	for _, tt := range []struct{ name, text, want, err string }{
		{name: "text", text: "web", want: "web"},
		{name: "variables", text: "{x_role}-{tag:env}", want: "角色-prod"},
		{name: "a name twice", text: "{current_name}{current_name}", want: "web-1web-1"},
		{name: "braces", text: "a{{b}}c", want: "a{b}c"},
		{name: "braces around a variable", text: "{{{tag:env}}}", want: "{prod}"},
		{name: "an argument with a colon", text: "{a b:c:d}", want: "x"},
		{name: "nothing", text: "", want: ""},
		{name: "empty variable", text: "web-{tag:team}", err: "{tag:team} is empty"},
		{name: "as long as can be", text: "{long}", want: values["{long}"]},
		{name: "too long", text: "{long}x", err: "longer than 1024 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			parsed, err := template.Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			got, err := parsed.Expand(values.Value)
			if got != tt.want || text(err) != tt.err {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"web-{tag:env":  "a { without }; {{ is a brace",
		"web-}":         "a } without {; }} is a brace",
		"{}":            "{} is not a variable",
		"{:env}":        "{:env} is not a variable",
		"{tag:{x_env}}": "{tag:{x_env} is not a variable",
	} {
		if _, err := template.Parse(in); text(err) != want {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestVariables(t *testing.T) {
	parsed, err := template.Parse("a{1}b{created:20060102}{x_y}")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]template.Variable{{Name: "1"}, {"created", "20060102"}, {Name: "x_y"}}, parsed.Variables()); diff != "" {
		t.Error(diff)
	}
	if n, ok := parsed.Variables()[0].Group(); n != 1 || !ok {
		t.Error(n, ok)
	}
	for _, v := range []template.Variable{{Name: "x_y"}, {Name: "+1"}, {Name: "01"}, {Name: "-1"}, {Name: "1", Argument: "2"}} {
		if _, ok := v.Group(); ok {
			t.Errorf("%s is a group", v)
		}
	}
}

func TestDates(t *testing.T) {
	at := time.Date(2026, 3, 9, 23, 7, 8, 0, time.FixedZone("", -2*60*60)) // the 10th in UTC
	for layout, want := range map[string]string{
		"20060102":        "20260310",
		"2006-01-02":      "2026-03-10",
		"060102":          "260310",
		"2006.01.02_1504": "2026.03.10_0107",
		"2006Jan02":       "2026Mar10",
		"20060102T150405": "20260310T010708",
	} {
		if got, err := template.FormatDate(layout, at); got != want || err != nil {
			t.Errorf("%s: %q, %v", layout, got, err)
		}
	}
	for _, layout := range []string{"", "-", "YYYYMMDD", "%Y%m%d", "20261101", "2006MMDD", "2006-1-2", "{"} {
		if got, err := template.FormatDate(layout, at); err == nil {
			t.Errorf("%s is written as %q", layout, got)
		}
	}
}

func TestReplace(t *testing.T) {
	for _, tt := range []struct{ name, find, replace, from, want string }{
		{"a group", `^packer-(.*)-\d+$`, "${1}-base", "packer-web-12", "web-base"},
		{"a group of a name", `-(?P<n>\d+)$`, "-v${n}", "web-12", "web-v12"},
		{"every match", "_", "-", "a_b_c", "a-b-c"},
		{"removed", "^old-", "", "old-web", "web"},
		{"a group that takes no part", "^(dev-)?web", "${1}www", "web-1", "www-1"},
		{"a dollar sign", "web", "$$1", "web", "$1"},
		{"all that matches", "^web", "$0-$0", "web", "web-web"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rule := renaming(t, tt.find, tt.replace)
			rule.Check = nil
			if diff := cmp.Diff([]template.Value{{Column: "image_name", Text: tt.want}}, rule.Apply(tt.from, image{"image_name": tt.from})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReplacementRefuses(t *testing.T) {
	p, err := template.ParsePattern(`(a)(?P<n>b)`)
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"$3":    "there is no group $3",
		"${x}":  "there is no group ${x}",
		"$1x":   "there is no group $1x; write ${1}x",
		"$1_$2": "there is no group $1_; write ${1}_",
		"$01":   "there is no group $01",
		"$n$2":  "", "$$": "", "$": "", "$-": "", "": "",
	} {
		if _, err := p.Replacement(in); text(err) != want {
			t.Errorf("%s: %v", in, err)
		}
	}
	if _, err := template.ParsePattern("(a"); text(err) != `missing closing ): "(a"` {
		t.Error(err)
	}
}

// A rule returns what it would change: nothing for a name that does not match or
// for what the image has already, and an error for what no server takes.
func TestApply(t *testing.T) {
	made := func(text string) template.Template {
		parsed, err := template.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	find, err := template.ParsePattern(`^([a-z]+)-(\d+)$`)
	if err != nil {
		t.Fatal(err)
	}
	rule := template.Rule{Find: find, Check: ecs.CheckColumn, Settings: []template.Setting{
		{"image_name", made("{1}-v{2}")}, {"status", made("{x_status}")}, {"image_family", made("{1}")},
	}}
	from := func(name string) image {
		return image{"image_name": name, "status": "Available", "image_family": "web", "{x_status}": "Gone"}
	}
	got := rule.Apply("web-1", from("web-1"))
	if len(got) != 2 || got[0] != (template.Value{Column: "image_name", Text: "web-v1"}) || got[1].Column != "status" || got[1].Err == nil {
		t.Errorf("%+v", got)
	}
	if got := rule.Apply("other", from("other")); got != nil {
		t.Errorf("%+v", got)
	}
	if key, matches, err := rule.Expand(made("{2}"), "web-7", from("web-7")); key != "7" || !matches || err != nil {
		t.Error(key, matches, err)
	}
	if _, matches, _ := rule.Expand(made("{2}"), "other", from("other")); matches {
		t.Error("a name that does not match has a group")
	}
}

// renaming is a rule that replaces.
func renaming(t testing.TB, find, replace string) *template.Rule {
	t.Helper()
	p, err := template.ParsePattern(find)
	if err != nil {
		t.Skip(err)
	}
	r, err := p.Replacement(replace)
	if err != nil {
		t.Skip(err)
	}
	return &template.Rule{Find: p, Check: ecs.CheckColumn, Settings: []template.Setting{{"image_name", r}}}
}

// FuzzTemplate: whatever the pattern, the texts and the image, a value is refused
// or a name that the API may accept.
func FuzzTemplate(f *testing.F) {
	f.Add(`^packer-([a-z]+)-(\d+)$`, "$1-base", "{1}-{created:20060102}", "packer-web-8817", "prod")
	f.Add(`((a{0,100}){0,100}){0,100}`, "$0$0", "{0}{{", strings.Repeat("a", 200), "")
	f.Add(`(?i)(.*)*$`, "${1}x", "{tag:env}}}", "构建机_2026.10", "\xff\x00")
	f.Add("", "", "web{x_roln}", "", "http://") // an image without a name, a variable that is unknown
	f.Add(`x*`, "acs:", "aliyun{x_role}", "a b", "http://")
	f.Fuzz(func(t *testing.T, find, replace, text, name, value string) {
		from := image{"image_name": name, "{current_name}": name, "{x_role}": value, "{tag:env}": value}
		from["{created:20060102}"], _ = template.FormatDate(value, time.Unix(1e9, 0))
		parsed, err := template.Parse(text)
		rule := renaming(t, find, replace)
		if err == nil {
			rule.Settings = append(rule.Settings, template.Setting{Column: "image_name", Make: parsed})
		}
		for _, v := range rule.Apply(name, from) {
			if v.Err == nil && ecs.CheckColumn("image_name", v.Text) != nil {
				t.Errorf("%q is no name", v.Text)
			}
			if len(v.Text) > template.MaxLength || v.Err == nil && v.Text == name { // no text comes with an error
				t.Errorf("%d bytes: %q", len(v.Text), v.Text)
			}
		}
	})
}

// text is an error's text, "" for nil.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
