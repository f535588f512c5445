package report_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

func TestChangesOfSeveralLanes(t *testing.T) {
	other := plan.Lane{Account: "2002", Region: "cn-hangzhou"}
	shanghai := plan.Lane{Account: "1001", Region: "cn-shanghai"}
	shared := func(id string) ecs.Image {
		return with(image(id, "a"), func(i *ecs.Image) { i.Shared = true })
	}
	rows := requests(rename("m-1000", "b1"), rename("m-2", "b1"), rename("m-3", "a"))
	rows[1].Lane, rows[2].Lane = 1, 1
	for _, test := range []struct {
		name   string
		second plan.Lane
		want   string
	}{
		{"of one account", shanghai, `
cn-hangzhou, account 1001: 1 change
  m-1000  a → b1

cn-shanghai, account 1001: 1 change
  m-2  a → b1

warning: cn-hangzhou: shared with other accounts: m-1000
warning: cn-shanghai: shared with other accounts: m-2

`},
		{"of several accounts", other, `
cn-hangzhou, account 1001: 1 change
  m-1000  a → b1

cn-hangzhou, account 2002: 1 change
  m-2  a → b1

warning: 1001/cn-hangzhou: shared with other accounts: m-1000
warning: 2002/cn-hangzhou: shared with other accounts: m-2

`},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan.New(rows, []plan.Inventory{
				{Lane: here, Images: []ecs.Image{shared("m-1000")}},
				{Lane: test.second, Images: []ecs.Image{shared("m-2"), image("m-3", "a")}},
				{Lane: plan.Lane{Account: here.Account, Region: "cn-beijing"}},
				{Lane: plan.Lane{Region: "cn-beijing"}}, // of rows that are refused for themselves
			})
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), changes(t, p)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// The rows of a lane that nobody could read are held back one by one.
func TestChangesOfALaneThatWasNotRead(t *testing.T) {
	forbidden := &ecs.Error{Action: "DescribeImages", Code: "Forbidden.RAM", Status: 403, Message: "no\u202E"}
	bad := manifest.Row{Invalid: []*manifest.Error{{Line: 2, Err: errors.New("bad")}}}
	for _, test := range []struct {
		name string
		lane plan.Inventory
		row  manifest.Row
		want string
	}{
		{
			"no permission",
			plan.Inventory{Lane: here, Unread: forbidden},
			rename("m-1", "b1"),
			"cn-hangzhou, account 1001: 0 changes\n× m-1 → b1: failed (line 2)\n    Forbidden.RAM: DescribeImages: no\\u202e\n    hint: planning needs ecs:DescribeImages, applying ecs:ModifyImageAttribute\n    on the images\n\n",
		},
		{
			"no account is known",
			plan.Inventory{Lane: plan.Lane{Region: "cn-hangzhou"}, Unread: errors.New("no keys")},
			rename("m-1", "b1"),
			"cn-hangzhou: 0 changes\n× m-1 → b1: pending (line 2)\n    Unreachable: no keys\n\n",
		},
		{
			"a row without a lane",
			plan.Inventory{Unread: errors.New("none")},
			bad,
			"(no region): 0 changes\n× (no id): refused (line 2)\n    InvalidRow: bad\n\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan.New(requests(test.row), []plan.Inventory{test.lane})
			if diff := cmp.Diff(test.want, changes(t, p)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestChangesAfterManyChains(t *testing.T) {
	var images []ecs.Image
	var rows []manifest.Row
	for _, id := range []string{"m-1", "m-2", "m-3", "m-4", "m-5"} {
		images = append(images, inFamily(id, "name-"+id, "", "2026-01-01"))
		rows = append(rows, edit(id, values{ImageFamily: "web"}))
	}
	images = append(images, inFamily("m-0", "old", "web", "2025-01-01"))
	rows = append(rows, edit("m-0", values{Status: ecs.Deprecated}))
	if got := changes(t, planOf(images, rows...)); !strings.Contains(got, "\n       (after m-1, m-2, m-3 and 2 more)\n") {
		t.Error(got)
	}
}

// The locale of a Chinese terminal makes no other columns.
func TestChangesDoNotDependOnTheLocale(t *testing.T) {
	p := planOf([]ecs.Image{image("m-1", "数据库→①"), image("m-2", "é")}, rename("m-1", "α-1"), rename("m-2", "β-1"))
	want := changes(t, p)
	eastAsian(t)
	if diff := cmp.Diff(want, changes(t, p)); diff != "" {
		t.Error(diff)
	}
}
