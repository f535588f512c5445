package page_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/manifest"
	"imgrename/report/page"
)

// A scene is a plan in the making: images, and rows that name them.
type scene struct {
	lanes []plan.Inventory
	rows  []plan.Request
}

func (s *scene) lane(region string) int {
	s.lanes = append(s.lanes, plan.Inventory{Lane: plan.Lane{Account: "1001", Region: region}})
	return len(s.lanes) - 1
}

// image adds an image without a row.
func (s *scene) image(lane int, name string, edit func(*ecs.Image)) string {
	id := fmt.Sprintf("m-%c%04d", 'a'+lane%26, len(s.lanes[lane].Images)+1)
	i := ecs.Image{ID: id, Attributes: ecs.Attributes{ImageName: name, Status: ecs.Available}, Created: "2026-07-01T00:00:00Z"}
	if edit != nil {
		edit(&i)
	}
	s.lanes[lane].Images = append(s.lanes[lane].Images, i)
	return id
}

// row adds an image, and a row that wants other values for it.
func (s *scene) row(lane int, name string, want manifest.Values, edit func(*ecs.Image)) {
	s.want(lane, s.image(lane, name, edit), want)
}

func (s *scene) rename(lane int, name, wanted string) {
	s.row(lane, name, manifest.Values{ImageName: wanted}, nil)
}

func (s *scene) want(lane int, id string, want manifest.Values) {
	row := &manifest.Row{Line: len(s.rows) + 2, ImageID: id, RegionID: s.lanes[lane].Lane.Region, Want: want}
	s.rows = append(s.rows, plan.Request{Row: row, Lane: lane})
}

func (s *scene) plan() *plan.Plan { return plan.New(s.rows, s.lanes) }

// nightly is a small plan with something for each part of a page.
func nightly() (*plan.Plan, *review.Review) {
	var s scene
	hangzhou, shanghai := s.lane("cn-hangzhou"), s.lane("cn-shanghai")
	for i := range 7 {
		s.rename(hangzhou, fmt.Sprintf("packer-web-%d", 8800+i), fmt.Sprintf("web-%d", 8800+i))
	}
	for i := range 5 {
		s.rename(shanghai, fmt.Sprintf("packer-api-%d", 8800+i), fmt.Sprintf("api-%d", 8800+i))
	}
	s.rename(shanghai, "packer-job-8817", "jbo-8817")
	s.rename(hangzhou, "tmp", "数据库-2026")
	s.image(shanghai, "taken", nil)
	s.rename(shanghai, "packer-log-1", "taken")
	s.rename(hangzhou, "blue", "green")
	s.rename(hangzhou, "green", "red")
	s.rename(hangzhou, "red", "blue")
	family := func(day string) func(*ecs.Image) {
		return func(i *ecs.Image) { i.ImageFamily, i.Created = "web", day+"T00:00:00Z" }
	}
	s.image(hangzhou, "web-old", family("2026-01-01"))
	s.row(hangzhou, "web-bad", manifest.Values{Status: ecs.Deprecated}, family("2026-02-01"))
	s.row(shanghai, "base", manifest.Values{ImageName: "base-20260701", Description: "golden | image"}, func(i *ecs.Image) {
		i.Shared, i.Description = true, "two\nlines"
	})
	s.rename(shanghai, "packer-base", "base")
	s.rename(shanghai, "same", "same")
	p := s.plan()
	return p, &review.Review{
		Renames: 19,
		Rules: []review.Rule{{
			Left: "packer-*", Right: "*", Rows: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20},
			Uncovered:      []review.Image{{Lane: 1, ID: "m-b0099", Name: "packer-old-1"}, {Lane: 1, ID: "m-b0098", Name: "packer-old-2"}},
			UncoveredCount: 12, Thin: []int{1},
		}},
		Outliers: []review.Outlier{{Row: 12, Near: 0, Got: "jbo", Want: "job"}, {Row: 13, Near: -1}},
		InUse:    []int{0, 7},
		Images:   []int{12, 11},
	}
}

var made = time.Date(2026, 11, 26, 5, 40, 0, 0, time.UTC)

func before() *page.Page {
	p, r := nightly()
	return &page.Page{Plan: p, Review: r, Info: page.Info{
		Tool: "v1.2.0", Made: made, Source: "nightly.csv", Sum: "sha256:5c1d", Where: "review.html",
		Apply: "imgrename apply plan.json --expect-plan sha256:5c1d",
	}}
}

// after is a run of the same plan: a row has failed, one is unknown, and the
// rows that were left are pending.
func after() *page.Page {
	p := before()
	p.Results = make([]history.Result, len(p.Plan.Rows))
	for i := range p.Results {
		r := &p.Results[i]
		started := made.Add(time.Minute + time.Duration(i)*700*time.Millisecond)
		*r = history.Result{
			Outcome: plan.Applied, Attempts: 1, Started: history.MomentOf(started),
			Finished: history.MomentOf(started.Add(400 * time.Millisecond)),
		}
		if problem := p.Plan.Rows[i].Problem; problem != nil {
			*r = history.Result{Outcome: p.Plan.Rows[i].Verdict, Code: problem.Code, Message: problem.Message}
		}
	}
	p.Results[3].Outcome, p.Results[3].Code, p.Results[3].Message = plan.Failed, "OperationDenied", "the image is | locked `now`"
	p.Results[5].Outcome, p.Results[5].Code, p.Results[5].Message = plan.Unknown, history.CodeLost, "the answer was lost"
	p.Results[20] = history.Result{Outcome: plan.Pending, Code: history.CodeStopped, Message: "the deadline"}
	p.Run = page.Run{
		ID: "r-20261126-054100-7f3a", Started: made.Add(time.Minute), Ended: made.Add(2 * time.Minute),
		Why: "the deadline of 1m0s", Next: "imgrename resume r-20261126-054100-7f3a",
	}
	return p
}

func markdownOf(t testing.TB, p *page.Page) string {
	t.Helper()
	var b strings.Builder
	if err := p.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func htmlOf(t testing.TB, p *page.Page) string {
	t.Helper()
	var b strings.Builder
	if err := p.HTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
