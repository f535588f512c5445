package report_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

func TestLine(t *testing.T) {
	old := with(image("m-1", "a"), func(i *ecs.Image) { i.Description = "old" })
	for _, test := range []struct {
		name   string
		row    manifest.Row
		result history.Result
		want   report.Line
	}{
		{
			name: "applied, with all there is",
			row: manifest.Row{
				ImageID: "m-1", RegionID: "cn-hangzhou", Profile: "prod", Note: "first",
				Want: values{ImageName: "b", Description: "new", Status: ecs.Deprecated},
			},
			result: history.Result{Outcome: plan.Applied, RequestID: "R-1", Attempts: 3, Started: history.MomentOf(began), Finished: history.MomentOf(ended)},
			want: report.Line{
				Line: 2, Profile: "prod", Region: "cn-hangzhou", ImageID: "m-1", OldName: "a", NewName: "b",
				Outcome: "applied", Changes: "image_name;description;status", RequestID: "R-1", Attempts: 3,
				Started: "2026-11-23T03:15:02.007Z", Finished: "2026-11-23T03:15:03.507Z", Note: "first",
			},
		},
		{
			name:   "no name is wanted: the old one is the new one",
			row:    edit("m-1", values{Description: "new"}),
			result: applied("R-1"),
			want: report.Line{
				Line: 2, Region: "cn-hangzhou", ImageID: "m-1", OldName: "a", NewName: "a",
				Outcome: "applied", Changes: "description", RequestID: "R-1", Attempts: 1,
				Started: "2026-11-23T03:15:02.007Z", Finished: "2026-11-23T03:15:03.507Z",
			},
		},
		{
			name:   "values that are as desired are no changes",
			row:    edit("m-1", values{ImageName: "a", Description: "old", Status: ecs.Available}),
			result: history.Result{Outcome: plan.Unchanged},
			want:   report.Line{Line: 2, Region: "cn-hangzhou", ImageID: "m-1", OldName: "a", NewName: "a", Outcome: "unchanged"},
		},
		{
			name:   "failed, with the reason",
			row:    rename("m-1", "b"),
			result: history.Result{Outcome: plan.Failed, Code: "InvalidImageName", Message: "no", RequestID: "R-2", Attempts: 1, Started: history.MomentOf(began), Finished: history.MomentOf(ended)},
			want: report.Line{
				Line: 2, Region: "cn-hangzhou", ImageID: "m-1", OldName: "a", NewName: "b",
				Outcome: "failed", Changes: "image_name", Code: "InvalidImageName", Message: "no", RequestID: "R-2", Attempts: 1,
				Started: "2026-11-23T03:15:02.007Z", Finished: "2026-11-23T03:15:03.507Z",
			},
		},
		{
			name:   "never tried: no times",
			row:    rename("m-1", "b"),
			result: history.Result{Outcome: plan.Pending, Code: history.CodeStopped, Message: "stopped by interrupt"},
			want: report.Line{
				Line: 2, Region: "cn-hangzhou", ImageID: "m-1", OldName: "a", NewName: "b",
				Outcome: "pending", Changes: "image_name", Code: "Stopped", Message: "stopped by interrupt",
			},
		},
		{
			name:   "an image found by its name has its id",
			row:    byName("a", "b"),
			result: applied(""),
			want: report.Line{
				Line: 2, Region: "cn-hangzhou", ImageID: "m-1", OldName: "a", NewName: "b",
				Outcome: "applied", Changes: "image_name", Attempts: 1,
				Started: "2026-11-23T03:15:02.007Z", Finished: "2026-11-23T03:15:03.507Z",
			},
		},
		{
			name:   "an image that is not there has no old name and nothing to change",
			row:    rename("m-2", "b"),
			result: history.Result{Outcome: plan.Refused, Code: plan.NoSuchImage, Message: "no image"},
			want: report.Line{
				Line: 2, Region: "cn-hangzhou", ImageID: "m-2", NewName: "b",
				Outcome: "refused", Code: "NoSuchImage", Message: "no image",
			},
		},
		{
			name:   "a row that could not be read",
			row:    manifest.Row{Invalid: []*manifest.Error{{Line: 2, Err: errors.New("bad")}}},
			result: history.Result{Outcome: plan.Refused, Code: plan.InvalidRow, Message: "bad"},
			want:   report.Line{Line: 2, Outcome: "refused", Code: "InvalidRow", Message: "bad"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := report.Report{Plan: planOf([]ecs.Image{old}, test.row), Results: []history.Result{test.result}}
			if diff := cmp.Diff(test.want, r.Line(0)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTimesAreInUTCToTheMillisecond(t *testing.T) {
	row := planOf(nil, rename("m-1", "b")).Rows[0]
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("", 8*3600), time.FixedZone("", -12345)} {
		for _, ns := range []int{0, 999_999, 1_000_000, 20_000_000, 345_678_901, 999_999_999} {
			at := time.Date(2026, 12, 31, 23, 59, 58, ns, zone)
			line := report.RowLine(row, history.Result{Started: history.MomentOf(at)}, nil)
			if want := at.UTC().Format("2006-01-02T15:04:05.000Z"); line.Started != want || line.Finished != "" {
				t.Errorf("%v: %q and %q, want %q and none", at, line.Started, line.Finished, want)
			}
		}
	}
}

// A ring's image has a temporary name on the way: no report shows it as old.
func TestLineOfAnOpenRingHasTheNameBeforeIt(t *testing.T) {
	parked := plan.TemporaryName(here.Account, here.Region, "m-1", "b")
	saved := planOf([]ecs.Image{image("m-1", "a"), image("m-2", "b")}, rename("m-1", "b"), rename("m-2", "a"))
	p := plan.Compare(saved, []plan.Inventory{{Lane: here, Images: []ecs.Image{image("m-1", parked), image("m-2", "b")}}})
	got := report.DryRun(p, nil).Line(0)
	if got.OldName != "a" || got.NewName != "b" || got.Changes != "image_name" {
		t.Errorf("%+v", got)
	}
}

func TestExtraColumns(t *testing.T) {
	for _, test := range []struct {
		name  string
		cells []string
		extra []string
		want  map[string]string
	}{
		{"none", nil, nil, nil},
		{"two", []string{"1", "2"}, []string{"x_a", "x_b"}, map[string]string{"x_a": "1", "x_b": "2"}},
		{"a row that could not be read has no cells", nil, []string{"x_a", "x_b"}, map[string]string{"x_a": "", "x_b": ""}},
		{"a row with too few cells", []string{"1"}, []string{"x_a", "x_b"}, map[string]string{"x_a": "1", "x_b": ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := planOf(nil, manifest.Row{ImageID: "m-1", Extra: test.cells})
			if diff := cmp.Diff(test.want, report.RowLine(p.Rows[0], history.Result{}, test.extra).Extra); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDryRunTakesThePlansVerdicts(t *testing.T) {
	p := planOf([]ecs.Image{image("m-1", "a"), image("m-2", "b"), image("m-3", "c")},
		rename("m-1", "x"), rename("m-2", "b"), rename("m-3", "b"), rename("m-9", "y"))
	dry := report.DryRun(p, []string{"x_a"})
	var got []string
	for i, result := range dry.Results {
		line := dry.Line(i)
		if line.Message != result.Message || result.Attempts != 0 || result.Started != 0 {
			t.Errorf("row %d: %+v, %+v", i, line, result)
		}
		got = append(got, line.Outcome+" "+line.Code)
	}
	want := []string{"planned ", "unchanged ", "refused NameTaken", "refused NoSuchImage"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"x_a"}, dry.Extra); diff != "" {
		t.Error(diff)
	}
}
