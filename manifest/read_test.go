package manifest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"imgrename/manifest"
)

const header = "image_id,region_id,current_name,image_name,note\n"

func TestWarnings(t *testing.T) {
	for _, tt := range []struct {
		name string
		csv  string
		want []string
	}{
		{
			name: "spaces at the ends of a value",
			csv:  header + "m-1,cn-hangzhou,,new\u3000, noted \n",
			want: []string{`2:image_name: "new\u3000" begins or ends with a space | it is used as it is`},
		},
		{
			name: "two Unicode spellings of one name, composed first",
			csv:  header + "m-1,cn-hangzhou,,mu\u0308l-\u00fc-\u4e2d,\nm-2,cn-hangzhou,,m\u00fcl-u\u0308-\u4e2d,\n",
			want: []string{"3:image_name: \"mül-u\u0308-中\" looks like the name in line 2, in another Unicode spelling"},
		},
		{
			name: "two Unicode spellings of one name, in either order",
			csv:  header + "m-1,cn-hangzhou,,\u4e2d\u00fc,\nm-2,cn-hangzhou,,\u4e2du\u0308,\nm-3,cn-beijing,,\u4e2d\u0438\u0306,\nm-4,cn-beijing,,\u4e2d\u0439,\n",
			want: []string{
				"3:image_name: \"中u\u0308\" looks like the name in line 2, in another Unicode spelling",
				"5:image_name: \"中й\" looks like the name in line 4, in another Unicode spelling",
			},
		},
		{
			name: "what the value rule only doubts",
			csv:  header + "m-1,cn-hangzou,,new,\n",
			want: []string{`2:region_id: "cn-hangzou" is unknown`},
		},
		{
			name: "a last line without a line break",
			csv:  header + "m-1,cn-hangzhou,,new,cut o",
			want: []string{"2: the last line has no line break | was the file cut off?"},
		},
		{
			name: "a blank row",
			csv:  header + ",,,,\nm-1,cn-hangzhou,,new,\n",
			want: []string{"2: a row of blank cells is skipped"},
		},
		{
			name: "blank rows of any shape, in one warning where the first is",
			csv: "\n;; \n" + header + "\nm-1,cn-hangzhou,, new,\n,,,,\n\"\",\"\",\n\" \",,\"\n\",\t,\r\n,\n,,,,,,,\n" +
				"# ,\nm-2,cn-hangzhou,,b ,\n,,,,",
			want: []string{
				`2: 7 rows of blank cells are skipped, the first of them here`,
				`5:image_name: " new" begins or ends with a space | it is used as it is`,
				`13:image_name: "b " begins or ends with a space | it is used as it is`,
				`14: the last line has no line break | was the file cut off?`,
			},
		},
		{
			name: "UTF-8 that could be GB18030 in full",
			csv:  header + "m-1,cn-hangzhou,,café,\n",
			want: []string{"1: read as utf-8, but every character that is not ASCII could be a Chinese one in gb18030 | --encoding says which it is"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := read(t, tt.csv, manifest.Options{Check: fussy})
			if len(f.Problems) > 0 {
				t.Errorf("problems: %q", lines(f.Problems))
			}
			if diff := cmp.Diff(tt.want, lines(f.Warnings)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRows(t *testing.T) {
	csv := "sep=,\r\n" +
		"# a comment\r\n" +
		"\r\n" +
		"Image ID,REGION-ID,profile,Image_Name,X Owner,CurrentName,current family,Note,x_team,description,image_family,status,boot_mode,license_type,nvme_support,imds_support\r\n" +
		"m-1,cn-beijing,prod, Web \u3000,ann,\"old, \"\"one\"\"\",fam,\"a note\r\nof two lines\",t1,d,f,Deprecated,UEFI,BYOL,supported,v2\r\n" +
		"\r\n" +
		",,,'=1+1,,#old,,,,,,,,,,\r\n"
	f := read(t, csv, manifest.Options{DefaultRegion: "cn-hangzhou", DefaultProfile: "test", Delimiter: ","})
	want := &manifest.File{
		Rows: []manifest.Row{
			{
				Line: 5, ImageID: "m-1", RegionID: "cn-beijing", Profile: "prod",
				Want: manifest.Values{
					ImageName: " Web \u3000", Description: "d", ImageFamily: "f", Status: "Deprecated",
					BootMode: "UEFI", LicenseType: "BYOL", NvmeSupport: "supported", ImdsSupport: "v2",
				},
				Current: &manifest.Values{ImageName: "old, \"one\"", ImageFamily: "fam"},
				Note:    "a note\nof two lines",
				Extra:   []string{"ann", "t1"},
			},
			{
				Line: 8, RegionID: "cn-hangzhou", Profile: "test",
				Want: manifest.Values{ImageName: "'=1+1"}, Current: &manifest.Values{ImageName: "#old"},
				Extra: []string{"", ""},
			},
		},
		Extra: []string{"X Owner", "x_team"}, Encoding: "utf-8", Delimiter: ',',
	}
	f.Warnings = nil
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestDelimiters(t *testing.T) {
	for _, tt := range []struct {
		name, csv, option string
		want              rune
	}{
		{"comma", "image_id,region_id,image_name\nm-1,r,a;b\n", "", ','},
		{"semicolon", "image_id;region_id;image_name\nm-1;r;a,b\n", "auto", ';'},
		{"tab", "image_id\tregion_id\timage_name\nm-1\tr\ta,b\n", "", '\t'},
		{"found although another is in an own column's name", "image_id;region_id;image_name;\"x_a,b,c,d\"\nm-1;r;a;\n", "", ';'},
		{"sep line", "\"sep=;\"\nimage_id;region_id;image_name\nm-1;r;a\n", "", ';'},
		{"sep line with a tab, after a comment", "# hi\nSEP=\t\nimage_id\tregion_id\timage_name\nm-1\tr\ta\n", "", '\t'},
		{"given", "image_id\tregion_id\timage_name\nm-1\tr\ta\n", "tab", '\t'},
		{"given, and a sep line", "sep=;\nimage_id,region_id,image_name\nm-1,r,a\n", ",", ','},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := read(t, tt.csv, manifest.Options{Delimiter: tt.option})
			if f.Delimiter != tt.want || len(f.Rows) != 1 || len(f.Problems) > 0 {
				t.Errorf("delimiter %q, %d rows, problems %q; want %q", f.Delimiter, len(f.Rows), lines(f.Problems), tt.want)
			}
		})
	}
}

func TestSkipInvalid(t *testing.T) {
	csv := header +
		"m-1,cn-hangzhou,,a,\n" + // contradicted by line 6
		"m-2,cn-hangzhou,,bad,\n" +
		"m-3\n" +
		"m-4,cn-hangzhou,,5\" disk,\n" +
		"m-1,cn-hangzhou,,e,\n" +
		"m-5,cn-hangzhou,,good,\n" +
		"#m-6,cn-hangzhou,,f,\n" +
		"m-7,cn-hangzhou,,g,\n" + // contradicted by line 10
		"m-7,cn-hangzhou,,h,\n"
	f := read(t, csv, manifest.Options{SkipInvalid: true, Check: fussy})
	if len(f.Problems) > 0 {
		t.Errorf("problems: %q", lines(f.Problems))
	}
	var got []string
	for _, row := range f.Rows {
		got = append(got, fmt.Sprintf("%d %s %q", row.Line, row.ImageID, lines(row.Invalid)))
	}
	want := []string{
		`2 m-1 ["2:image_id: \"m-1\" is also in line 6"]`,
		`3 m-2 ["3:image_name: \"bad\" is a bad name | take a good one"]`,
		`4 m-3 ["4: 1 cell, the header has 5 | was the file cut off, or a quote not closed?"]`,
		`5  ["5: a quote inside a cell that does not begin with one | put the cell in quotes and double those inside: \"5\"\" disk\""]`,
		`6 m-1 ["6:image_id: \"m-1\" is also in line 2"]`,
		`7 m-5 []`,
		`8  ["8: a comment with as many cells as the header, like a disabled row | remove its # to do the row, or delete the line; a comment has fewer \",\""]`,
		`9 m-7 ["9:image_id: \"m-7\" is also in line 10"]`,
		`10 m-7 ["10:image_id: \"m-7\" is also in line 9"]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestSkipInvalidRefuses has what is wrong with more than a row.
func TestSkipInvalidRefuses(t *testing.T) {
	for _, tt := range []struct{ name, csv string }{
		{"a header", "image_id,region_id,image_name,nots\nm-1,r,a,\n"},
		{"a row of uncertain end", header + "m-1,r,,\"a\"b,\nm-2,r,,c,\n"},
		{"an open quote", header + "m-1,r,,\"a,\nm-2,r,,c,\n"},
		{"a NUL byte", header + "m-1,r,,a\x00,\n"},
		{"broken UTF-8", header + "m-1,r,,中\xff,\n"},
		{"no rows", header},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if f := read(t, tt.csv, manifest.Options{SkipInvalid: true}); len(f.Problems) != 1 {
				t.Errorf("problems %q, want one", lines(f.Problems))
			}
		})
	}
}

func TestReadFails(t *testing.T) {
	broken := errors.New("disk on fire")
	for _, tt := range []struct {
		name    string
		before  string
		options manifest.Options
		want    string
	}{
		{"at once", "", manifest.Options{}, "read the manifest, line 1: disk on fire"},
		{"in the header", "image_id", manifest.Options{}, "read the manifest, line 1: disk on fire"},
		{"in a row", header + "m-1,r,,a,\nm-2,", manifest.Options{}, "read the manifest, line 3: disk on fire"},
		{"in a quoted cell", header + "m-1,r,,a,\nm-2,\"\n", manifest.Options{}, "read the manifest, line 4: disk on fire"},
		{"in Chinese text", header + "m-1,r,,中文", manifest.Options{}, "read the manifest, line 2: disk on fire"},
		{"in GB18030", header + "m-1,r,,\xd6\xd0\xce\xc4", manifest.Options{Encoding: "gb18030"}, "read the manifest, line 2: disk on fire"},
		{"for an unknown encoding", "", manifest.Options{Encoding: "latin1"}, `unknown encoding "latin1": want auto, utf-8, utf-16 or gb18030`},
		{"for an unknown delimiter", "", manifest.Options{Delimiter: "|"}, `unknown delimiter "|": want auto, a comma, a semicolon or tab`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := &thenFail{strings.NewReader(tt.before), broken}
			f, err := manifest.Read(iotest.OneByteReader(in), tt.options)
			if f == nil || err == nil || err.Error() != tt.want {
				t.Errorf("file %v, error %v, want %s", f, err, tt.want)
			}
		})
	}
}

// thenFail reads a string and then fails, once; after that it claims to be at
// its end, as a pipe might.
type thenFail struct {
	text *strings.Reader
	err  error
}

func (r *thenFail) Read(p []byte) (int, error) {
	n, err := r.text.Read(p)
	if err != nil {
		err, r.err = r.err, nil
		if err == nil {
			return n, fmt.Errorf("read again after a failure")
		}
	}
	return n, err
}
