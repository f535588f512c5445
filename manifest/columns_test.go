package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryColumn writes a cell of its own into each column and reads it back,
// which also holds gocsv to the places that the table names.
func TestEveryColumn(t *testing.T) {
	row := Row{Current: new(Values)}
	for _, c := range columns() {
		*c.cell(&row) = "value of " + c.name
	}
	var out strings.Builder
	w := NewWriter(&out, columnNames(), nil)
	if err := w.Write(row); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	f, err := Read(strings.NewReader(out.String()), Options{})
	if err != nil || len(f.Problems) > 0 {
		t.Fatal(err, f.Problems)
	}
	row.Line = 2
	if diff := cmp.Diff([]Row{row}, f.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestSpellings reads a header in each way that is accepted.
func TestSpellings(t *testing.T) {
	for _, c := range columns() {
		for _, name := range append([]string{c.name}, c.also...) {
			for _, spelling := range []string{
				name, strings.ToUpper(name), strings.ReplaceAll(name, "_", "-"),
				strings.ReplaceAll(name, "_", " "), strings.ReplaceAll(name, "_", ""), " " + name + " ",
			} {
				l := readLayout([]string{spelling}, func(_ int, p *problem) { t.Errorf("%q: %v", spelling, p) })
				if !l.known[c.name] {
					t.Errorf("%q is not taken for %s", spelling, c.name)
				}
			}
		}
	}
}

func TestNearest(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"imageid", imageID},
		{"iamge_id", imageID},
		{"image_idd", imageID},
		{"ImageName2", imageName},
		{"current_nane", currentName},
		{"regoin", regionID},
		{"descripton", "description"},
		{"bootmode", "boot_mode"},
		{"imds", "imds_support"},
		{"name", imageName},
		{"id", ""},
		{"owner", ""},
		{"镜像名", "镜像名称"},
		{"负责人", ""},
		{"系统", ""},
		{"用途", ""},
		{"地区", ""},
		{strings.Repeat("image_name", 100), ""},
	} {
		if got := nearest(tt.name); got != tt.want {
			t.Errorf("nearest(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}
