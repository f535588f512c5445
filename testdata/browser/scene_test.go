package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/manifest"
	"imgrename/report/page"
)

// large is a page of n renames by three rules in twelve regions, with outliers, a
// row held back and a ring.
func large(n int) *page.Page {
	const lanes, outliers = 12, 3
	inventories := make([]plan.Inventory, lanes)
	for i := range inventories {
		inventories[i].Lane = plan.Lane{Account: "1001", Region: fmt.Sprintf("cn-region-%d", i+1)}
	}
	rows := make([]plan.Request, n)
	add := func(i, lane int, name, wanted string) {
		id := fmt.Sprintf("m-bp1%017d", i)
		inventories[lane].Images = append(inventories[lane].Images, ecs.Image{
			ID: id, Attributes: ecs.Attributes{ImageName: name, Status: ecs.Available},
		})
		rows[i] = plan.Request{Lane: lane, Row: &manifest.Row{
			Line: i + 2, ImageID: id, RegionID: inventories[lane].Lane.Region, Want: manifest.Values{ImageName: wanted},
		}}
	}
	kinds := []string{"web", "api", "job"}
	made := review.Review{Renames: n, Rules: make([]review.Rule, len(kinds))}
	for i := range kinds {
		made.Rules[i] = review.Rule{Left: "packer-" + kinds[i] + "-#", Right: kinds[i] + "-2026-#"}
	}
	for i := range n {
		lane, kind := i%lanes, i%len(kinds)
		switch name := fmt.Sprintf("packer-%s-%05d", kinds[kind], i); {
		case i < outliers:
			add(i, lane, name, fmt.Sprintf("%s-2025-%05d", kinds[kind], i))
			made.Outliers = append(made.Outliers, review.Outlier{Row: i, Near: kind, Got: "2025", Want: "2026"})
		case i < outliers+2:
			add(i, 0, fmt.Sprintf("ring-%d", i), fmt.Sprintf("ring-%d", 2*outliers+1-i))
		case i == outliers+2:
			add(i, lane, name, "web-2026-00008") // which another row gets
		default:
			add(i, lane, name, fmt.Sprintf("%s-2026-%05d", kinds[kind], i))
			made.Rules[kind].Rows = append(made.Rules[kind].Rows, i)
		}
	}
	inventories[(outliers+2)%lanes].Images = append(inventories[(outliers+2)%lanes].Images, ecs.Image{
		ID: "m-taken", Attributes: ecs.Attributes{ImageName: "web-2026-00008"},
	})
	return &page.Page{Plan: plan.New(rows, inventories), Review: &made, Info: page.Info{
		Tool: "v1", Made: time.Date(2026, 11, 26, 5, 40, 0, 0, time.UTC), Source: "nightly.csv", Sum: "sha256:5c1d",
		Apply: "imgrename apply plan.json --expect-plan sha256:5c1d",
	}}
}

// applied is the page after a run in which one row has failed.
func applied(p *page.Page) *page.Page {
	p.Results = history.DryRun(p.Plan)
	for i := range p.Results {
		if r := &p.Results[i]; r.Outcome == plan.Planned {
			at := p.Info.Made.Add(time.Duration(i) * time.Second)
			*r = history.Result{Outcome: plan.Applied, Started: history.MomentOf(at), Finished: history.MomentOf(at.Add(time.Second))}
		}
	}
	last := &p.Results[len(p.Results)-1]
	last.Outcome, last.Code, last.Message = plan.Failed, "OperationDenied", "the image is locked"
	p.Run = page.Run{ID: "r-20261126-054100-7f3a", Next: "imgrename report r-20261126-054100-7f3a"}
	return p
}

// poison are values that would do harm if they were not shown as text.
var poison = []string{
	`<script>window.harmed=1</script>`, `"><img src=x onerror="window.harmed=1">`, `</code></li></script><script>window.harmed=1</script>`,
	`javascript:window.harmed=1`, `{{.Script}}`, `${window.harmed=1}`, `<!--`, `]]>`, `' onmouseover='window.harmed=1`,
	"a\u202eb\x00c\x1b[31m", "<style>*{display:none}</style>", "&lt;b&gt;", "@someone #12 [x](https://example.com)",
}

// hostile is a page whose values are all poison.
func hostile() *page.Page {
	p := applied(large(100))
	next := 0
	take := func() string { next++; return poison[next%len(poison)] }
	for i := range p.Plan.Rows {
		r := &p.Plan.Rows[i]
		old := *r.Old
		old.ImageName, old.Description = take(), take()
		r.Old, r.ImageID = &old, take()
		r.Row.Want = manifest.Values{ImageName: take(), Description: take()}
		p.Results[i].Code, p.Results[i].Message = take(), take()
	}
	for i := range p.Plan.Lanes {
		p.Plan.Lanes[i] = plan.Lane{Account: take(), Region: take()}
	}
	for i := range p.Review.Rules {
		r := &p.Review.Rules[i]
		r.Left, r.Right, r.Thin = take(), take(), []int{i}
		r.Uncovered, r.UncoveredCount = []review.Image{{ID: take(), Name: take()}}, 1
	}
	for i := range p.Review.Outliers {
		p.Review.Outliers[i].Got, p.Review.Outliers[i].Want = take(), take()
	}
	p.Plan.Risks = []plan.Notice{{Kind: plan.FamilyMoves, Family: take(), Before: take(), After: take(), Text: take()}}
	p.Plan.Warnings = []plan.Notice{{Kind: plan.LookAlike, Text: take()}, {Kind: plan.Shared, Text: take()}}
	p.Info = page.Info{Tool: take(), Source: take(), Sum: take(), Apply: take(), Where: take(), Rehearsed: take()}
	p.Run = page.Run{ID: take(), Why: take(), Next: take()}
	return p
}

// file writes a page and returns its path.
func file(t testing.TB, p *page.Page, extension string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "review"+extension)
	if folder := os.Getenv("PAGES"); folder != "" { // to look at them
		path = filepath.Join(folder, filepath.Base(t.Name())+extension)
	}
	if err := p.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	return path
}
