package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// exporting returns an export of images of one region.
func exporting(images ...ecs.Image) (e *export, said *bytes.Buffer) {
	said = new(bytes.Buffer)
	e = &export{common: &common{streams: streams{err: &sink{w: said}}, encoding: "utf-8", delimiter: ","}}
	e.inventories = []plan.Inventory{{Lane: plan.Lane{Region: "cn-hangzhou"}, Images: images}}
	return e, said
}

// Keys of tags that are one column, as Env and env are, must not make an export
// that cannot be read back.
func TestTagsOfOneColumn(t *testing.T) {
	e, said := exporting(
		ecs.Image{ID: "m-1", Attributes: ecs.Attributes{ImageName: "web"}, Tags: []ecs.Tag{{Key: "env", Value: "prod"}, {Key: "Env", Value: "test"}, {Key: `a,"b`, Value: ""}}},
		ecs.Image{ID: "m-2", Attributes: ecs.Attributes{ImageName: "db"}, Tags: []ecs.Tag{{Key: "e_n-v", Value: "dev"}}},
	)
	var out strings.Builder
	if rows, err := e.write(&out); rows != 2 || err != nil {
		t.Fatal(rows, err)
	}
	file, err := manifest.Read(strings.NewReader(out.String()), manifest.Options{})
	if err != nil || len(file.Problems) > 0 {
		t.Fatal(err, file.Problems)
	}
	if got := strings.Join(file.Extra[len(file.Extra)-2:], " "); got != `x_tag_Env x_tag_a,"b` {
		t.Error(got)
	}
	for _, key := range []string{"env", "e_n-v"} {
		if want := fmt.Sprintf("warning: tag %q has no column, since x_tag_Env is the same column\n", key); !strings.Contains(said.String(), want) {
			t.Errorf("nothing of %s: %s", key, said)
		}
	}
}
