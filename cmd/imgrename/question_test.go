package main

import (
	"fmt"
	"testing"

	"imgrename/batch/plan"
	"imgrename/manifest"
)

func TestQuestion(t *testing.T) {
	type of struct {
		account, profile, region string
		images                   int
	}
	many := []of{}
	for i := range 7 {
		many = append(many, of{"1000", "", fmt.Sprint("region-", i), 10 + i})
	}
	for _, test := range []struct {
		name      string
		of        []of
		rehearsed bool
		closing   int
		want      string
	}{
		{"one image", []of{{"1000", "", "cn-hangzhou", 1}}, false, 0, "Change 1 image of account 1000 (cn-hangzhou 1)? Type yes to apply: "},
		{
			"regions, the largest first",
			[]of{{"1000", "prod", "cn-beijing", 2}, {"1000", "prod", "cn-hangzhou", 3}},
			false, 0,
			"Change 5 images of account 1000, profile prod (cn-hangzhou 3, cn-beijing 2)? Type yes to apply: ",
		},
		{
			"many regions", many, false, 0,
			"Change 91 images of account 1000 (region-6 16, region-5 15, region-4 14, region-3 13, region-2 12, 2 more regions)? Type yes to apply: ",
		},
		{
			"two accounts, one by two profiles",
			[]of{{"1000", "a", "cn-beijing", 2}, {"2000", "", "cn-beijing", 3}, {"1000", "b", "cn-shanghai", 1}},
			false, 0,
			"Change 6 images: 3 of account 1000, profile a and b (cn-beijing 2, cn-shanghai 1); 3 of account 2000 (cn-beijing 3)? Type yes to apply: ",
		},
		{"a rehearsal", []of{{"1000", "", "cn-hangzhou", 2}}, true, 0, "Change 2 simulated images of account 1000 (cn-hangzhou 2)? Type yes to apply: "},
		{"a run to close", []of{{"1000", "", "cn-hangzhou", 2}}, false, 1, "Change 2 images of account 1000 (cn-hangzhou 2), and close 1 unfinished run? Type yes to apply: "},
		{"only runs to close", nil, false, 2, "Close 2 unfinished runs? Type yes to apply: "},
		{"a hostile profile", []of{{"1000", "a\x1b[2J", "cn-hangzhou", 2}}, false, 0, "Change 2 images of account 1000, profile a\\x1b[2J (cn-hangzhou 2)? Type yes to apply: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := new(plan.Plan)
			for _, o := range test.of {
				for range o.images {
					row := plan.Row{Verdict: plan.Planned}
					row.Request = plan.Request{Row: &manifest.Row{Profile: o.profile}, Lane: len(p.Lanes)}
					p.Rows = append(p.Rows, row, plan.Row{Verdict: plan.Unchanged})
				}
				p.Lanes = append(p.Lanes, plan.Lane{Account: o.account, Region: o.region})
			}
			if got := question(p, test.rehearsed, test.closing); got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
}
