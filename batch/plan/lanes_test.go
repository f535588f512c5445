package plan_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

func TestUnreadLane(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"no permission", &ecs.Error{Code: "Forbidden.RAM", Status: 403}, "failed Forbidden.RAM"},
		{"wrong key", &ecs.Error{Code: "InvalidAccessKeyId.NotFound"}, "failed InvalidAccessKeyId.NotFound"},
		{"no such region", &ecs.Error{Code: "InvalidRegionId.NotFound"}, "failed InvalidRegionId.NotFound"},
		{"throttled out", &ecs.Error{Code: "Throttling.User"}, "pending Throttling.User"},
		{"no network", &ecs.Error{Err: errors.New("no route")}, "pending Unreachable"},
		{"no client", errors.New("no credentials"), "pending Unreachable"},
		{"a proxy's page", &ecs.Error{Status: 502, Sent: true}, "pending HTTP502"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bad := manifest.Row{Invalid: []*manifest.Error{{Line: 3, Err: errors.New("bad")}, {Line: 3, Err: errors.New("worse")}}}
			p := plan.New(requests(rename("m-1", "b"), bad), []plan.Inventory{{Lane: here, Unread: test.err}})
			if diff := cmp.Diff([]string{test.want, "refused InvalidRow"}, verdicts(p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLanes(t *testing.T) {
	shanghai := plan.Lane{Account: "1001", Region: "cn-shanghai"}
	other := plan.Lane{Account: "2002", Region: "cn-hangzhou"}
	a, b := image("m-1", "a"), image("m-2", "b")
	to := func(lane int, row manifest.Row, line int) plan.Request {
		row.Line = line
		return plan.Request{Row: &row, Lane: lane}
	}
	for _, test := range []struct {
		name  string
		lanes []plan.Inventory
		rows  []plan.Request
		want  []string
	}{
		{
			name:  "a name is free in one lane and taken in another",
			lanes: []plan.Inventory{{Lane: here, Images: []ecs.Image{a}}, {Lane: shanghai, Images: []ecs.Image{image("m-3", "a"), b}}},
			rows:  []plan.Request{to(0, rename("m-1", "b"), 2), to(1, rename("m-3", "b"), 3)},
			want:  []string{"planned", "refused NameTaken m-2"},
		},
		{
			name:  "an unread lane leaves the others alone",
			lanes: []plan.Inventory{{Lane: here, Unread: &ecs.Error{Code: "NoPermission"}}, {Lane: shanghai, Images: []ecs.Image{b}}},
			rows:  []plan.Request{to(0, rename("m-1", "b"), 2), to(1, rename("m-2", "c"), 3)},
			want:  []string{"failed NoPermission", "planned"},
		},
		{
			name:  "an image of the account's other region",
			lanes: []plan.Inventory{{Lane: here, Images: []ecs.Image{a}}, {Lane: shanghai, Images: []ecs.Image{b}}},
			rows:  []plan.Request{to(0, rename("m-2", "c"), 2)},
			want:  []string{"refused NoSuchImage m-2"},
		},
		{
			name:  "an image of another account of the plan",
			lanes: []plan.Inventory{{Lane: here, Images: []ecs.Image{a}}, {Lane: other, Images: []ecs.Image{b}}},
			rows:  []plan.Request{to(0, rename("m-2", "c"), 2)},
			want:  []string{"refused NotOurs m-2"},
		},
		{
			name:  "an image that is shared with us",
			lanes: []plan.Inventory{{Lane: here, Images: []ecs.Image{a}, Foreign: []string{"m-2"}}},
			rows:  []plan.Request{to(0, rename("m-2", "c"), 2)},
			want:  []string{"refused NotOurs m-2"},
		},
		{
			name:  "two profiles of one account repeat an image",
			lanes: []plan.Inventory{{Lane: here, Images: []ecs.Image{a}}, {Lane: here, Images: []ecs.Image{a}}},
			rows:  []plan.Request{to(0, rename("m-1", "b"), 2), to(1, rename("m-1", "c"), 3)},
			want:  []string{"refused RepeatedImage m-1:3", "refused RepeatedImage m-1:2"},
		},
		{
			name:  "two profiles of one account want one name",
			lanes: []plan.Inventory{{Lane: here, Images: []ecs.Image{a, b}}, {Lane: here, Images: []ecs.Image{a, b}}},
			rows:  []plan.Request{to(0, rename("m-1", "c"), 2), to(1, rename("m-2", "c"), 3)},
			want:  []string{"refused NameWantedTwice m-2:3", "refused NameWantedTwice m-1:2"},
		},
		{
			name:  "two profiles of one account, one of which cannot list",
			lanes: []plan.Inventory{{Lane: here, Unread: errors.New("no")}, {Lane: here, Images: []ecs.Image{a, b}}},
			rows:  []plan.Request{to(0, rename("m-1", "b"), 2), to(1, rename("m-2", "c"), 3)},
			want:  []string{"planned", "planned"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, verdicts(plan.New(test.rows, test.lanes))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A lane whose maps are too large to be kept is planned like any other, and so are
// those after it.
func TestLargeLanes(t *testing.T) {
	var lanes []plan.Inventory
	var rows []plan.Request
	for i, size := range []int{0, 50_001, 1, 60_000} {
		images := []ecs.Image{image("m-1", "a"), image("m-2", "b"), image("m-3", "c"), image("m-4", "d")}
		for n := range size {
			images = append(images, image(fmt.Sprintf("m-5%05d", n), fmt.Sprintf("name-%d-%d", i, n)))
		}
		lanes = append(lanes, plan.Inventory{Lane: plan.Lane{Account: "1001", Region: fmt.Sprintf("cn-%d", i)}, Images: images})
		for _, row := range []manifest.Row{
			rename("m-1", "b"), rename("m-2", "a"), rename("m-3", "d"), rename("m-4", "free"),
			rename("m-500000", "c"), rename("m-6", "e"),
			{Current: &manifest.Values{ImageName: "name-1-7"}, Want: manifest.Values{ImageName: "seven"}},
		} {
			rows = append(rows, plan.Request{Row: &row, Lane: i})
		}
	}
	got := verdicts(plan.New(rows, lanes))
	small := []string{"planned", "planned", "planned", "planned", "refused NoSuchImage m-500000", "refused NoSuchImage m-6", "refused NoSuchImage"}
	large := slices.Clone(small)
	large[4] = "planned"
	second := slices.Clone(large)
	second[6] = "planned"
	if diff := cmp.Diff(slices.Concat(small, second, large, large), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
