package report_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

func TestText(t *testing.T) {
	images := []ecs.Image{image("m-1", "a"), image("m-22", "数据库"), image("m-3", "c")}
	about := ecs.Fields(0).With(ecs.Description)
	shanghai := func(row manifest.Row) manifest.Row {
		row.RegionID = "cn-shanghai-finance-1"
		return row
	}
	for _, test := range []struct {
		name    string
		rows    []manifest.Row
		results []history.Result
		want    string
	}{
		{"nothing to say", []manifest.Row{rename("m-1", "a")}, []history.Result{{Outcome: plan.Unchanged}}, ""},
		{
			"columns are as wide as needed, by what is shown",
			[]manifest.Row{rename("m-1", "b"), shanghai(rename("m-22", "数据")), edit("m-3", values{Status: "Deprecated", BootMode: "UEFI"})},
			[]history.Result{applied("R"), applied("R"), applied("R")},
			`
applied    cn-hangzhou            m-1   a → b
applied    cn-shanghai-finance-1  m-22  数据库 → 数据
applied    cn-hangzhou            m-3   c (status, boot_mode)
`,
		},
		{
			"rows that are not shown take no room",
			[]manifest.Row{rename("m-1", "b"), shanghai(rename("m-22", "数据库"))},
			[]history.Result{applied("R"), {Outcome: plan.Unchanged}},
			"\napplied    cn-hangzhou  m-1  a → b\n",
		},
		{
			"a name and more",
			[]manifest.Row{edit("m-1", values{ImageName: "b", Description: "d"})},
			[]history.Result{applied("R")},
			"\napplied    cn-hangzhou  m-1  a → b (description)\n",
		},
		{
			"the reason, with the line",
			[]manifest.Row{rename("m-1", "b"), rename("m-22", "x")},
			[]history.Result{{Outcome: plan.Failed, Code: "QuotaExceeded", Message: "too many"}, {Outcome: plan.Unknown, Message: "no answer"}},
			`
failed     cn-hangzhou  m-1   a → b
           line 2: QuotaExceeded: too many
unknown    cn-hangzhou  m-22  数据库 → x
           line 3: no answer
`,
		},
		{
			"a run that stopped says why once, elsewhere",
			[]manifest.Row{rename("m-1", "b"), rename("m-3", "d")},
			[]history.Result{{Outcome: plan.Pending, Code: history.CodeStopped, Message: "stopped by interrupt"}, {Outcome: plan.Pending, Code: plan.Unreachable}},
			`
pending    cn-hangzhou  m-1  a → b
pending    cn-hangzhou  m-3  c → d
           line 3: Unreachable
`,
		},
		{
			"a row that was done in part says so, also where the run stopped",
			[]manifest.Row{
				edit("m-1", values{ImageName: "b", Description: "d", Status: "Deprecated"}), edit("m-22", values{ImageName: "x", Description: "d"}),
				edit("m-3", values{ImageName: "y", Description: "d"}),
			},
			[]history.Result{
				{Outcome: plan.Pending, Code: history.CodeStopped, Message: "stopped by interrupt", Edited: about.With(ecs.Status)},
				{Outcome: plan.Pending, Code: history.CodeStopped, Unsure: about},
				{Outcome: plan.Stranded, Message: "its name is a temporary one", Edited: about, Unsure: ecs.Fields(0).With(ecs.ImageName)},
			},
			`
pending    cn-hangzhou  m-1   a → b (description, status)
           line 2: Stopped: stopped by interrupt; edited by this run: description, status
pending    cn-hangzhou  m-22  数据库 → x (description)
           line 3: Stopped: perhaps edited by this run: description
stranded   cn-hangzhou  m-3   c → y (description)
           line 4: its name is a temporary one; edited by this run: description
`,
		},
		{
			"an image that is not there",
			[]manifest.Row{byName("gone", "b"), rename("m-1", "b")},
			[]history.Result{{Outcome: plan.Refused, Code: "NoSuchImage"}, applied("R")},
			`
refused    cn-hangzhou  (no id)  → b
           line 2: NoSuchImage
applied    cn-hangzhou  m-1      a → b
`,
		},
		{
			"a row of which nothing is known ends without blanks",
			[]manifest.Row{{Invalid: []*manifest.Error{{Line: 2, Err: errors.New("bad")}}}},
			[]history.Result{{Outcome: plan.Refused}},
			"\nrefused      (no id)\n",
		},
		{
			"what is escaped is measured as it is shown",
			[]manifest.Row{{ImageID: "m\x1b", RegionID: "r\u202E", Want: values{ImageName: "b"}}, rename("m-1", "b\x07")},
			[]history.Result{{Outcome: plan.Failed, Message: "\x1b[2J"}, applied("R")},
			`
failed     r\u202e      m\x1b  → b
           line 2: \x1b[2J
applied    cn-hangzhou  m-1    a → b\a
`,
		},
		{
			"an id of absurd length sticks out, and the others stay together",
			[]manifest.Row{rename("m-"+strings.Repeat("x", 40), "b"), rename("m-1", "b"), rename("m-22", "c2")},
			[]history.Result{{Outcome: plan.Failed}, applied("R"), applied("R")},
			`
failed     cn-hangzhou  m-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx  → b
applied    cn-hangzhou  m-1   a → b
applied    cn-hangzhou  m-22  数据库 → c2
`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b strings.Builder
			r := report.Report{Plan: planOf(images, test.rows...), Results: test.results}
			if err := r.Text(&b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), b.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
