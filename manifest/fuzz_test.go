package manifest_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/korean"

	"imgrename/manifest"
)

// FuzzRead feeds the reader with variations of spreadsheet exports.
func FuzzRead(f *testing.F) {
	exports, err := os.ReadDir(manifests)
	if err != nil {
		f.Fatal(err)
	}
	for _, export := range exports {
		for _, named := range []string{"", "gb18030"} {
			f.Add(file(f, export.Name()), named, "", false)
			f.Add(file(f, export.Name()), named, ";", true)
		}
	}
	for _, text := range append(koreanCorpus.words, russianCorpus.words...) {
		for _, e := range []encoding.Encoding{encoding.Nop, korean.EUCKR, charmap.Windows1251} {
			if encoded, err := e.NewEncoder().String(header + "m-1,r,," + text + ",\n"); err == nil {
				f.Add(encoded, "", "", false)
			}
		}
	}
	f.Add(header+"m-1,r,\"a\n\"b\",c,\n#,,,,\nm-2,\"", "", "", true)
	f.Fuzz(func(t *testing.T, csv, encoding, delimiter string, skip bool) {
		o := manifest.Options{Encoding: encoding, Delimiter: delimiter, SkipInvalid: skip, Check: fussy}
		file, err := manifest.Read(strings.NewReader(csv), o)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "unknown ") {
				t.Fatal(err)
			}
			return
		}
		if encoding == "" && len(file.Problems) == 0 && slices.Contains([]string{"utf-8", "gb18030"}, file.Encoding) {
			o.Encoding = file.Encoding
			if named := read(t, csv, o); cmp.Diff(file.Rows, named.Rows, cmpopts.IgnoreFields(manifest.Row{}, "Invalid")) != "" || len(named.Problems) > 0 {
				t.Errorf("found to be %s, but named it reads otherwise", file.Encoding)
			}
			if file.Encoding != "utf-8" && utf8.ValidString(csv) {
				t.Errorf("%q is UTF-8", csv)
			}
		}
		checkFile(t, file, strings.Count(csv, "\n")+strings.Count(csv, "\r")+2, skip)
	})
}

// checkFile checks what holds of every file.
func checkFile(t *testing.T, f *manifest.File, most int, skip bool) {
	last := 0
	for _, row := range f.Rows {
		if row.Line <= last || row.Line > most {
			t.Errorf("row of line %d after one of line %d, of %d", row.Line, last, most)
		}
		last = row.Line
		if len(row.Invalid) > 0 && !skip {
			t.Errorf("line %d is bad and was kept: %v", row.Line, row.Invalid)
		}
		if len(row.Invalid) == 0 && len(f.Problems) == 0 && row.Want == (manifest.Values{}) && len(row.Extra) == 0 {
			t.Errorf("line %d changes nothing", row.Line)
		}
		checkErrors(t, row.Invalid, most)
	}
	if len(f.Rows) == 0 && len(f.Problems) == 0 {
		t.Error("neither rows nor problems")
	}
	if !slices.IsSortedFunc(f.Problems, func(a, b *manifest.Error) int { return a.Line - b.Line }) {
		t.Errorf("problems not in file order: %v", f.Problems)
	}
	checkErrors(t, f.Problems, most)
	checkErrors(t, f.Warnings, most)
}

func checkErrors(t *testing.T, errs []*manifest.Error, most int) {
	for _, e := range errs {
		if e.Line < 1 || e.Line > most {
			t.Errorf("line %d of %d: %v", e.Line, most, e)
		}
		for _, text := range []string{e.Error(), e.Hint()} {
			if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x202e || r == 0x9b }); i >= 0 {
				t.Errorf("raw %q in %q", text[i], text)
			}
		}
	}
}

// FuzzRoundTrip writes values in every encoding and reads them back.
func FuzzRoundTrip(f *testing.F) {
	f.Add("m-1", "生产镜像", "two\nlines", "old\r\nname", "=1+1", "#")
	f.Add("#m-1", " padded ", "a\rb", "\"", "\\.", ",;\t")
	f.Add("", "é", "\ufeff", "\u202e😀", "€", "a\r\r\nb")
	f.Fuzz(func(t *testing.T, id, name, description, current, note, extra string) {
		row := manifest.Row{
			ImageID: id, RegionID: "cn-hangzhou", Note: note, Extra: []string{extra},
			Want:    manifest.Values{ImageName: name, Description: description},
			Current: &manifest.Values{ImageName: current},
		}
		if id+current == "" || name+description == "" {
			return // a problem, not a row
		}
		text := strings.Join([]string{id, name, description, current, note, extra}, "|")
		for _, encoding := range []string{"utf-8", "utf-8-bom", "utf-16", "gb18030"} {
			for _, delimiter := range []string{",", ";", "tab"} {
				csv, err := write([]manifest.Row{row}, encoding, delimiter)
				switch {
				case err == nil:
					checkRoundTrip(t, row, csv, encoding)
				case encoding != "gb18030" && utf8.ValidString(text) && !strings.Contains(text, "\x00") && len(text) < 10_000:
					t.Errorf("%s: %v", encoding, err)
				}
			}
		}
	})
}

// checkRoundTrip reads what was written. GB18030 has to be named, and UTF-8
// without a mark where too little of it is there.
func checkRoundTrip(t *testing.T, row manifest.Row, csv, encoding string) {
	o := manifest.Options{}
	if encoding == "gb18030" {
		o.Encoding = encoding
	}
	f, err := manifest.Read(strings.NewReader(csv), o)
	if encoding == "utf-8" && f.Encoding == "" {
		o.Encoding = encoding
		f, err = manifest.Read(strings.NewReader(csv), o)
	}
	if err != nil || len(f.Problems) > 0 || len(f.Rows) != 1 {
		t.Fatalf("%s: %d rows, problems %v, error %v from %q", encoding, len(f.Rows), f.Problems, err, csv)
	}
	want := row
	condition := row.Condition()
	for _, v := range []*string{
		&want.ImageID, &want.Want.ImageName, &want.Want.Description, &condition.ImageName, &want.Note,
	} {
		*v = foldCRLF(*v)
	}
	want.Current = manifest.Conditions(condition)
	want.Extra = []string{foldCRLF(row.Extra[0])}
	if diff := cmp.Diff(want, f.Rows[0], cmpopts.IgnoreFields(manifest.Row{}, "Line")); diff != "" {
		t.Errorf("%s from %q (-want +got):\n%s", encoding, csv, diff)
	}
}

// foldCRLF does what encoding/csv does to a CRLF in a cell.
func foldCRLF(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
