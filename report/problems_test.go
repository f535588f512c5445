package report_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

func TestProblems(t *testing.T) {
	down := history.Result{Outcome: plan.Pending, Code: plan.Unreachable, Message: "no reply for 30m0s"}
	mine := func(id string) history.Result {
		return history.Result{Outcome: plan.Conflict, Code: plan.ConditionNotMet, Message: id + ` is named "x", the row expects "y"`}
	}
	for _, test := range []struct {
		name    string
		results []history.Result
		most    int
		want    string
	}{
		{"none", []history.Result{applied("R"), {Outcome: plan.Unchanged}}, 0, ""},
		{
			"the most urgent first",
			[]history.Result{down, applied("R"), {Outcome: plan.Failed, Code: "Forbidden", Message: "no"}, {Outcome: plan.Stranded, Message: "it is parked"}},
			0, `
stranded   cn-hangzhou  m-4  d → d2
           line 5: it is parked
failed     cn-hangzhou  m-3  c → c2
           line 4: Forbidden: no
           hint: planning needs ecs:DescribeImages, applying ecs:ModifyImageAttribute on the images
pending    cn-hangzhou  m-1  a → a2
           line 2: Unreachable: no reply for 30m0s
`,
		},
		{
			"equal reasons once",
			[]history.Result{down, down, mine("m-3"), down, mine("m-5")},
			0, `
conflict   cn-hangzhou  m-3  c → c2
           line 4: ConditionNotMet: m-3 is named "x", the row expects "y"
           and 1 more row in cn-hangzhou for the same reason
           hint: export again to see what has changed, or correct the condition
pending    cn-hangzhou  m-1  a → a2
           line 2: Unreachable: no reply for 30m0s
           and 2 more rows in cn-hangzhou for the same reason
`,
		},
		{
			"another outcome or reason is another entry, up to a bound",
			[]history.Result{down, {Outcome: plan.Failed, Code: plan.Unreachable, Message: "no reply for 30m0s"}, {Outcome: plan.Pending, Code: history.CodeStopped, Message: "stopped by interrupt"}, down, down},
			2, `
failed     cn-hangzhou  m-2  b → b2
           line 3: Unreachable: no reply for 30m0s
pending    cn-hangzhou  m-1  a → a2
           line 2: Unreachable: no reply for 30m0s
           and 2 more rows in cn-hangzhou for the same reason
… and 1 more
`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := report.Report{Plan: letters(len(test.results)), Results: test.results}
			var b strings.Builder
			if err := r.Problems(&b, test.most, nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), b.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// letters is a plan that renames images a, b, … to a2, b2, …
func letters(n int) *plan.Plan {
	var images []ecs.Image
	var rows []manifest.Row
	for i := range n {
		id, name := fmt.Sprintf("m-%d", i+1), string(rune('a'+i))
		images, rows = append(images, image(id, name)), append(rows, rename(id, name+"2"))
	}
	return planOf(images, rows...)
}

// TestFolded: applied rows are a number for each lane; the accounts are named if
// there are several.
func TestFolded(t *testing.T) {
	there := plan.Lane{Account: "2002", Region: "cn-beijing"}
	far := rename("m-3", "z")
	far.RegionID = there.Region
	rows := requests(rename("m-1", "x"), rename("m-2", "y"), far)
	rows[2].Lane = 1
	p := plan.New(rows, []plan.Inventory{
		{Lane: here, Images: []ecs.Image{image("m-1", "a"), image("m-2", "b")}}, {Lane: there, Images: []ecs.Image{image("m-3", "c")}},
	})
	r := report.Report{Plan: p, Results: []history.Result{applied("R"), {Outcome: plan.Failed, Message: "no"}, applied("R")}}
	var b strings.Builder
	if err := r.Folded(&b); err != nil {
		t.Fatal(err)
	}
	want := `
applied    1001/cn-hangzhou  1 row
applied    2002/cn-beijing   1 row
failed     cn-hangzhou  m-2  b → y
           line 3: no
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
