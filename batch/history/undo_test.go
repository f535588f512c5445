package history_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

func TestUndo(t *testing.T) {
	name, about := ecs.Fields(0).With(ecs.ImageName), ecs.Fields(0).With(ecs.Description)
	for _, tt := range []struct {
		name   string
		old    ecs.Attributes
		want   manifest.Values
		result history.Result
		back   manifest.Values // what is put back
		found  manifest.Values // on which condition
		kept   []string        // columns that are not
	}{
		{
			name: "a rename", old: ecs.Attributes{ImageName: "aa"}, want: manifest.Values{ImageName: "bb"},
			result: history.Result{Outcome: plan.Applied},
			back:   manifest.Values{ImageName: "aa"}, found: manifest.Values{ImageName: "bb"},
		},
		{
			name: "a value that stayed is not put back", old: ecs.Attributes{ImageName: "aa", Status: "Available"},
			want: manifest.Values{ImageName: "aa", Status: "Deprecated"}, result: history.Result{Outcome: plan.Applied},
			back: manifest.Values{Status: "Available"}, found: manifest.Values{Status: "Deprecated"},
		},
		{
			name: "a value that was empty", old: ecs.Attributes{ImageName: "aa"}, want: manifest.Values{Description: "new"},
			result: history.Result{Outcome: plan.Applied}, kept: []string{"description"},
		},
		{
			name: "imds v2", old: ecs.Attributes{ImdsSupport: "v1"}, want: manifest.Values{ImdsSupport: "v2"},
			result: history.Result{Outcome: plan.Applied}, kept: []string{"imds_support"},
		},
		{
			name: "a line break that CSV cannot carry", old: ecs.Attributes{Description: "two\r\nlines"},
			want: manifest.Values{Description: "one line"}, result: history.Result{Outcome: plan.Applied}, kept: []string{"description"},
		},
		{
			name: "a name that the API does not take any more", old: ecs.Attributes{ImageName: "a b"},
			want: manifest.Values{ImageName: "bb"}, result: history.Result{Outcome: plan.Applied}, kept: []string{"image_name"},
		},
		{
			name: "the temporary name of another run", old: ecs.Attributes{ImageName: plan.TemporaryName("1000", "cn-hangzhou", "m-1", "cc"), Description: "old"},
			want: manifest.Values{ImageName: "bb", Description: "new"}, result: history.Result{Outcome: plan.Applied},
			back: manifest.Values{Description: "old"}, found: manifest.Values{Description: "new"}, kept: []string{"image_name"},
		},
		{
			name: "what was unchanged stays", old: ecs.Attributes{ImageName: "bb"}, want: manifest.Values{ImageName: "bb"},
			result: history.Result{Outcome: plan.Unchanged},
		},
		{
			name: "what failed stays", old: ecs.Attributes{ImageName: "aa"}, want: manifest.Values{ImageName: "bb"},
			result: history.Result{Outcome: plan.Failed},
		},
		{
			name: "an unknown row has to be settled first", old: ecs.Attributes{ImageName: "aa"}, want: manifest.Values{ImageName: "bb"},
			result: history.Result{Outcome: plan.Unknown}, kept: []string{""},
		},
		{
			name: "a row changed in part: the part is put back", old: ecs.Attributes{ImageName: "aa", Description: "old"},
			want: manifest.Values{ImageName: "bb", Description: "new"}, result: history.Result{Outcome: plan.Blocked, Edited: about},
			back: manifest.Values{Description: "old"}, found: manifest.Values{Description: "new"},
		},
		{
			name: "of a part that cannot be put back", old: ecs.Attributes{ImageName: "aa"},
			want: manifest.Values{ImageName: "bb", Description: "new"}, result: history.Result{Outcome: plan.Pending, Edited: about},
			kept: []string{"description"},
		},
		{
			name: "what may be changed is listed, the rest put back", old: ecs.Attributes{ImageName: "aa", Description: "old"},
			want:   manifest.Values{ImageName: "bb", Description: "new"},
			result: history.Result{Outcome: plan.Conflict, Edited: about, Unsure: name},
			back:   manifest.Values{Description: "old"}, found: manifest.Values{Description: "new"}, kept: []string{"image_name"},
		},
		{
			name: "what was changed of a row to be settled is listed", old: ecs.Attributes{ImageName: "aa", Description: "old"},
			want: manifest.Values{ImageName: "bb", Description: "new"}, result: history.Result{Outcome: plan.Stranded, Edited: about, Unsure: name},
			kept: []string{"image_name", "description"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const region = "cn-hangzhou"
			p := &plan.Plan{
				Lanes: []plan.Lane{{Account: "1000", Region: region}},
				Rows: []plan.Row{{
					Request: plan.Request{Row: &manifest.Row{Line: 7, ImageID: "m-1", RegionID: region, Want: tt.want}},
					ImageID: "m-1", Old: &tt.old, Verdict: plan.Planned,
				}},
			}
			rows, kept := history.Undo(p, []history.Result{tt.result})
			var want []manifest.Row
			if tt.back != (manifest.Values{}) {
				want = []manifest.Row{{Line: 7, ImageID: "m-1", RegionID: region, Want: tt.back, Current: manifest.Conditions(tt.found)}}
			}
			if diff := cmp.Diff(want, rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			var columns []string
			for _, k := range kept {
				columns = append(columns, k.Column)
				if k.Reason == "" || k.ImageID != "m-1" {
					t.Errorf("kept without a reason or an image: %+v", k)
				}
				for field, old := range tt.old.All() {
					if old == "" {
						old = "empty"
					}
					if field.String() == k.Column && !strings.Contains(k.Reason, old) && !strings.Contains(k.Reason, strconv.Quote(old)) {
						t.Errorf("kept without the old value: %+v", k)
					}
				}
			}
			if diff := cmp.Diff(tt.kept, columns); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		})
	}
}
