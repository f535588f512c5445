package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/manifest"
)

// Each attribute that package ecs knows is a column of a manifest, and an
// inventory brings its value to the simulator.
func TestEveryAttributeIsRehearsed(t *testing.T) {
	const region = "cn-hangzhou"
	var want ecs.Attributes
	header, cells := "image_id", "m-1"
	for a := range want.All() {
		value := "value-of-" + a.String()
		if a == ecs.Status {
			value = ecs.Available // a listing shows known statuses only
		}
		*want.Field(a) = value
		header, cells = header+","+a.Condition()+","+a.String(), cells+","+value+","+value
	}
	text := header + "\n" + cells + "\n"
	file, err := manifest.Read(strings.NewReader(text), manifest.Options{DefaultRegion: region})
	if err != nil || len(file.Problems) > 0 {
		t.Fatal(err, file.Problems)
	}
	if diff := cmp.Diff(want, ecs.Attributes(file.Rows[0].Want)); diff != "" {
		t.Errorf("desired (-want +got)\n%s", diff)
	}
	on, err := newRehearsal(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	keys, _ := on.credentials(t.Context(), "", nil)
	page, err := ecs.NewClient(region, ecs.Config{Credentials: keys, HTTP: on.transport()}).DescribeImages(t.Context(), ecs.Query{})
	if err != nil || len(page.Images) != 1 {
		t.Fatal(err, page)
	}
	if diff := cmp.Diff(want, page.Images[0].Attributes); diff != "" {
		t.Errorf("rehearsed (-want +got)\n%s", diff)
	}
}
