package main

import (
	"os/exec"
	"strings"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/manifest"
)

// Whatever a rule holds, its comment is one to the reader of manifests, and a
// shell reads the same words.
func TestPlainWords(t *testing.T) {
	for _, word := range []string{
		`a,b;c"d'e\f`, "tab\tnew\nline\rreturn", "", "-x", "$(x) `y` ${1}", "构建机,二", "\x1b[31m,", "\u202e,x", "#,#", `\054,`, "é,\u2028", "\xff,",
	} {
		plain := plainWord(word)
		var out strings.Builder
		w := manifest.NewWriter(&out, []string{"image_id"}, nil)
		w.Comment = plain
		if err := w.Flush(); err != nil {
			t.Errorf("%q: %v", word, err)
		}
		read, err := exec.Command("bash", "-c", "printf %s "+plain).Output()
		if err != nil || string(read) != word {
			t.Errorf("%q is written as %s, which a shell reads as %q, %v", word, plain, read, err)
		}
	}
}

// FuzzRule: whatever a rule is and whatever the images are, an export is refused,
// or it is a manifest whose values are legal.
func FuzzRule(f *testing.F) {
	f.Add(`^packer-([a-z]+)-(\d+)$`, "$1-base", "{1}-{created:20060102}", "packer-web-1", "packer-api-2", "web")
	f.Add(`.`, "a,b", "see {tag:k}", "db", "db-1", `"x",;`)
	f.Add(``, "", "{x_image_family}{{}}", "构建机", "构建机2", "\r\n")
	f.Fuzz(func(t *testing.T, find, replace, description, one, other, value string) {
		made := "2026-01-02T03:04:05Z"
		e, _ := exporting(
			ecs.Image{ID: "m-1", Created: made, Attributes: ecs.Attributes{ImageName: one, ImageFamily: value}, Tags: []ecs.Tag{{Key: "k", Value: value}}},
			ecs.Image{ID: "m-2", Attributes: ecs.Attributes{ImageName: other, Description: value}},
		)
		e.given = setFlags{"find": {}, "replace": {}, "set": {}}
		e.ruling.find, e.ruling.replace, e.ruling.sets = find, replace, []string{"description=" + description}
		if e.prepare() != nil || e.settle() != nil {
			return
		}
		var out strings.Builder
		if _, err := e.write(&out); err != nil {
			return // bytes that are not text
		}
		file, err := manifest.Read(strings.NewReader(out.String()), manifest.Options{Encoding: "utf-8", Delimiter: ",", Check: ecs.CheckColumn})
		if err != nil || len(file.Problems) > 0 && one != other && one != "" && other != "" {
			t.Errorf("%v %v\n%s", err, file.Problems, &out)
		}
	})
}
