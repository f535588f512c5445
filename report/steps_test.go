package report_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

type sides = map[string]report.Sides

func TestSteps(t *testing.T) {
	parked := plan.TemporaryName(here.Account, here.Region, "m-1", "b1")
	step := func(chain, step, line int, id string, v sides) report.Change {
		return report.Change{Chain: chain, Step: step, Line: line, Account: "1001", Region: "cn-hangzhou", ImageID: id, Values: v}
	}
	ring := func(c report.Change) report.Change {
		c.Ring = true
		return c
	}
	for _, test := range []struct {
		name   string
		images []ecs.Image
		rows   []manifest.Row
		want   []report.Change
	}{
		{
			"nothing to do",
			[]ecs.Image{image("m-1", "a")},
			[]manifest.Row{rename("m-1", "a"), rename("m-2", "b")},
			nil,
		},
		{
			"both sides of every value, exact",
			[]ecs.Image{with(image("m-1", "a\u202E"), func(i *ecs.Image) { i.Description = "old\n" })},
			[]manifest.Row{edit("m-1", values{ImageName: "b", Description: "new", BootMode: "UEFI", Status: ecs.Available})},
			[]report.Change{step(0, 0, 2, "m-1", sides{
				"image_name": {Old: "a\u202E", New: "b"}, "description": {Old: "old\n", New: "new"}, "boot_mode": {Old: "", New: "UEFI"},
			})},
		},
		{
			"chains in plan order, steps in theirs",
			[]ecs.Image{image("m-1", "a"), image("m-2", "b"), image("m-3", "c")},
			[]manifest.Row{rename("m-1", "b"), rename("m-2", "d"), rename("m-3", "e")},
			[]report.Change{
				step(0, 0, 3, "m-2", sides{"image_name": {Old: "b", New: "d"}}),
				step(0, 1, 2, "m-1", sides{"image_name": {Old: "a", New: "b"}}),
				step(1, 0, 4, "m-3", sides{"image_name": {Old: "c", New: "e"}}),
			},
		},
		{
			"a ring: other edits, the park, and the name before is the temporary one",
			[]ecs.Image{image("m-1", "a1"), image("m-2", "b1")},
			[]manifest.Row{edit("m-1", values{ImageName: "b1", Description: "d"}), rename("m-2", "a1")},
			[]report.Change{
				ring(step(0, 0, 2, "m-1", sides{"description": {Old: "", New: "d"}})),
				{
					Chain: 0, Step: 1, Ring: true, Park: true, Line: 2, Account: "1001", Region: "cn-hangzhou", ImageID: "m-1",
					Values: sides{"image_name": {Old: "a1", New: parked}},
				},
				ring(step(0, 2, 3, "m-2", sides{"image_name": {Old: "b1", New: "a1"}})),
				ring(step(0, 3, 2, "m-1", sides{"image_name": {Old: parked, New: "b1"}})),
			},
		},
		{
			"who comes after whom",
			[]ecs.Image{inFamily("m-1", "a", "web", "2026-01-01"), inFamily("m-2", "b", "", "2026-02-01")},
			[]manifest.Row{edit("m-1", values{Status: ecs.Deprecated}), edit("m-2", values{ImageFamily: "web"})},
			[]report.Change{
				{
					Chain: 0, After: []int{1}, Line: 2, Account: "1001", Region: "cn-hangzhou", ImageID: "m-1",
					Values: sides{"status": {Old: "Available", New: "Deprecated"}},
				},
				step(1, 0, 3, "m-2", sides{"image_family": {Old: "", New: "web"}}),
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []report.Change
			p := planOf(test.images, test.rows...)
			for c := range report.Steps(p) {
				got = append(got, c)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for range report.Steps(p) {
				break // must not panic
			}
		})
	}
}

func TestStepsInJSON(t *testing.T) {
	p := planOf([]ecs.Image{image("m-1", "a")}, rename("m-1", "b"))
	for c := range report.Steps(p) {
		got, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		const want = `{"chain":0,"step":0,"line":2,"account":"1001","region_id":"cn-hangzhou","image_id":"m-1","values":{"image_name":{"old":"a","new":"b"}}}`
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Error(diff)
		}
	}
}
