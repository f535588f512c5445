package manifest_test

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/manifest"
)

func TestWrite(t *testing.T) {
	var out strings.Builder
	w := manifest.NewWriter(&out, []string{"image_id", "region_id", "current_name", "image_name", "description"}, []string{"x_created", "x_use"})
	for _, row := range []manifest.Row{
		{
			ImageID: "m-1", RegionID: "cn-hangzhou",
			Want:    manifest.Values{ImageName: "new, \"quoted\"", Description: "two\nlines"},
			Current: &manifest.Values{ImageName: "=1+1"},
			Extra:   []string{" padded ", "no"},
		},
		{ImageID: "#m-2"},
	} {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "image_id,region_id,current_name,image_name,description,x_created,x_use\n" +
		"m-1,cn-hangzhou,=1+1,\"new, \"\"quoted\"\"\",\"two\nlines\",\" padded \",no\n" +
		"\"#m-2\",,,,,,\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestWriteHeaderWithoutRows(t *testing.T) {
	var out strings.Builder
	w := manifest.NewWriter(&out, []string{"image_id", "image_name"}, nil)
	w.Delimiter = ";"
	if err := errors.Join(w.Flush(), w.Flush()); err != nil {
		t.Fatal(err)
	}
	if want := "image_id;image_name\n"; out.String() != want {
		t.Errorf("wrote %q, want %q", out.String(), want)
	}
}

func TestWriteEncodings(t *testing.T) {
	for _, tt := range []struct{ encoding, want string }{
		{"", "image_name\n中\n"},
		{"utf-8", "image_name\n中\n"},
		{"utf-8-bom", "\xef\xbb\xbfimage_name\n中\n"},
		{"utf-16", "\xff\xfei\x00m\x00a\x00g\x00e\x00_\x00n\x00a\x00m\x00e\x00\n\x00\x2d\x4e\n\x00"},
		{"gb18030", "image_name\n\xd6\xd0\n"},
	} {
		t.Run("to "+tt.encoding, func(t *testing.T) {
			var out strings.Builder
			w := manifest.NewWriter(&out, []string{"image_name"}, nil)
			w.Encoding = tt.encoding
			if err := errors.Join(w.Write(manifest.Row{Want: manifest.Values{ImageName: "中"}}), w.Flush()); err != nil {
				t.Fatal(err)
			}
			if out.String() != tt.want {
				t.Errorf("wrote %q, want %q", out.String(), tt.want)
			}
		})
	}
}

func TestWriteRefuses(t *testing.T) {
	for _, tt := range []struct {
		name      string
		columns   []string
		extra     []string
		encoding  string
		delimiter string
		value     string
		want      string
	}{
		{
			name: "a name that spreadsheets cannot read in GB18030", encoding: "gb18030", value: "web-😀",
			want: `2:image_name: "web-😀" does not fit into gb18030 as spreadsheets read it`,
		},
		{name: "malformed UTF-8", value: "\xff", want: `2:image_name: "\xff": malformed UTF-8 or a NUL byte cannot be written`},
		{name: "a NUL byte", value: "\x00", want: `2:image_name: "\x00": malformed UTF-8 or a NUL byte cannot be written`},
		{name: "more than can be read", value: strings.Repeat("x", 64<<10), want: "2: the row is longer than 64 KiB"},
		{name: "an unknown column", columns: []string{"image_names"}, want: `unknown column "image_names"`},
		{name: "a column of one's own that is not marked so", extra: []string{"owner"}, want: `column "owner" does not begin with x_`},
		{name: "an unknown encoding", encoding: "latin1", want: `unknown encoding "latin1": want utf-8, utf-8-bom, utf-16 or gb18030`},
		{name: "an unknown delimiter", delimiter: "|", want: `unknown delimiter "|": want auto, a comma, a semicolon or tab`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.columns == nil {
				tt.columns = []string{"image_name"}
			}
			w := manifest.NewWriter(new(strings.Builder), tt.columns, tt.extra)
			w.Encoding, w.Delimiter = tt.encoding, tt.delimiter
			err := w.Write(manifest.Row{Want: manifest.Values{ImageName: tt.value}})
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if again := w.Flush(); again != err {
				t.Errorf("afterwards: %v, want the same again", again)
			}
		})
	}
}

// The comment is read as one in every encoding and with every delimiter, also
// when a spreadsheet has filled up its line with blank cells.
func TestWriteComment(t *testing.T) {
	for _, encoding := range []string{"utf-8", "utf-8-bom", "utf-16", "gb18030"} {
		for _, delimiter := range []string{",", ";", "tab"} {
			t.Run(encoding+" "+delimiter, func(t *testing.T) {
				var out strings.Builder
				w := manifest.NewWriter(&out, []string{"image_id", "region_id", "image_name"}, nil)
				w.Encoding, w.Delimiter, w.Comment = encoding, delimiter, `make 黄金镜像-{created:20060102} 'of' $'a\054b'`
				if err := errors.Join(w.Write(manifest.Row{ImageID: "m-1", RegionID: "r", Want: manifest.Values{ImageName: "黄金镜像"}}), w.Flush()); err != nil {
					t.Fatal(err)
				}
				file := read(t, out.String(), manifest.Options{Encoding: strings.TrimSuffix(encoding, "-bom")})
				if len(file.Problems) > 0 || len(file.Rows) != 1 || file.Rows[0].Line != 3 || file.Rows[0].Want.ImageName != "黄金镜像" {
					t.Errorf("%+v", file)
				}
			})
		}
	}
	filled := "# make web-{created:20060102},,\nimage_id,region_id,image_name\nm-1,r,web\n"
	if file := read(t, filled, manifest.Options{}); len(file.Problems) > 0 || len(file.Rows) != 1 {
		t.Errorf("%+v", file)
	}
}

// A comment that could become cells is not written, nor a file that cannot be
// read back.
func TestWriteRefusesComments(t *testing.T) {
	for _, comment := range []string{"a,b", "a;b", "a\tb", `a "b"`, "a\nb", "a\rb", strings.Repeat("x", 64<<10), "\xff"} {
		var out strings.Builder
		w := manifest.NewWriter(&out, []string{"image_id"}, nil)
		w.Comment = comment
		if err := w.Flush(); err == nil || out.Len() > 0 {
			t.Errorf("%.10q: %v, wrote %q", comment, err, out.String())
		}
	}
	extra := make([]string, 1000)
	for i := range extra {
		extra[i] = "x_" + strconv.Itoa(i)
	}
	if err := manifest.NewWriter(io.Discard, []string{"image_id"}, extra).Flush(); err == nil || err.Error() != "1001 columns, 1000 at most are read" {
		t.Error(err)
	}
}

func TestFoldColumn(t *testing.T) {
	for _, name := range []string{"x_role", "X Role", "x-ROLE"} {
		if got := manifest.FoldColumn(name); got != "xrole" {
			t.Errorf("%s is %s", name, got)
		}
	}
}
