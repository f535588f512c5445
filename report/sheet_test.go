package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

var header = []string{
	"line", "profile", "region_id", "image_id", "old_name", "new_name", "outcome", "changes",
	"error_code", "error_message", "request_id", "attempts", "started_at", "finished_at", "note",
}

// mixed is a report with rows of all kinds, also ones that were never tried.
func mixed() report.Report {
	first := manifest.Row{
		ImageID: "m-1", RegionID: here.Region, Profile: "prod", Want: values{ImageName: "b", Description: "d"},
		Note: "=HYPERLINK(\"x\")\nsecond, line", Extra: []string{"OPS-1", "@x"},
	}
	broken := manifest.Row{Invalid: []*manifest.Error{{Line: 5, Err: errors.New("bad")}}}
	p := planOf([]ecs.Image{image("m-1", "a"), image("m-2", "数据\u202E库"), image("m-3", "c")},
		first, rename("m-2", "web"), rename("m-3", "c"), broken)
	return report.Report{
		Plan: p, Extra: []string{"x_ticket", "x_-1"},
		Results: []history.Result{
			applied("R-1"),
			{Outcome: plan.Pending, Code: history.CodeStopped, Message: "stopped by interrupt"},
			{Outcome: plan.Unchanged},
			{Outcome: plan.Refused, Code: plan.InvalidRow, Message: "bad"},
		},
	}
}

func TestCSV(t *testing.T) {
	var b bytes.Buffer
	if err := mixed().CSV(&b); err != nil {
		t.Fatal(err)
	}
	const want = `line,profile,region_id,image_id,old_name,new_name,outcome,changes,error_code,error_message,request_id,attempts,started_at,finished_at,note,x_ticket,x_-1
2,prod,cn-hangzhou,m-1,a,b,applied,image_name;description,,,R-1,1,2026-11-23T03:15:02.007Z,2026-11-23T03:15:03.507Z,"'=HYPERLINK(""x"")\nsecond, line",OPS-1,'@x
3,,cn-hangzhou,m-2,数据\u202e库,web,pending,image_name,Stopped,stopped by interrupt,,0,,,,,
4,,cn-hangzhou,m-3,c,c,unchanged,,,,,0,,,,,
5,,,,,,refused,,InvalidRow,bad,,0,,,,,
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestJSONLinesReadBackExactly(t *testing.T) {
	r := mixed()
	var b bytes.Buffer
	if err := r.JSONL(&b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != len(r.Results) {
		t.Fatalf("%d lines for %d rows", len(lines), len(r.Results))
	}
	for i, line := range lines {
		var got report.Line
		in := json.NewDecoder(strings.NewReader(line))
		in.DisallowUnknownFields()
		if err := in.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r.Line(i), got); diff != "" {
			t.Errorf("row %d (-want +got)\n%s", i, diff)
		}
		if found := unprintable(line); found != "" {
			t.Errorf("row %d: %s", i, found)
		}
	}
	const first = `{"line":2,"profile":"prod","region_id":"cn-hangzhou","image_id":"m-1","old_name":"a","new_name":"b",` +
		`"outcome":"applied","changes":"image_name;description","error_code":"","error_message":"","request_id":"R-1","attempts":1,` +
		`"started_at":"2026-11-23T03:15:02.007Z","finished_at":"2026-11-23T03:15:03.507Z","note":"=HYPERLINK(\"x\")\nsecond, line",` +
		`"extra":{"x_-1":"@x","x_ticket":"OPS-1"}}`
	if diff := cmp.Diff(first, lines[0]); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(lines[1], `"数据\u202e库"`) {
		t.Error(lines[1])
	}
}

func TestEncoder(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"text", "web 数据库 <&> 🚀", `"web 数据库 <&> 🚀"`},
		{"controls", "\x1b\x7f\u0085\n", `"\u001b\u007f\u0085\n"`},
		{"marks of direction", "\u202E\u2066", `"\u202e\u2066"`},
		{"tags, as two units", "a\U000E0041", `"a\udb40\udc41"`},
		{"backslash and quote", `\"`, `"\\\""`},
		{"not UTF-8", "\xff", `"\ufffd"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := report.Encoder(&b).Encode(test.in); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want+"\n", b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// full takes some bytes, then none.
type full struct{ room int }

var errFull = errors.New("no space left")

func (w *full) Write(p []byte) (int, error) {
	if len(p) > w.room {
		return 0, errFull
	}
	w.room -= len(p)
	return len(p), nil
}

func TestErrorsOfTheWriterAreReturned(t *testing.T) {
	r := mixed()
	for _, test := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"CSV", r.CSV},
		{"JSONL", r.JSONL},
		{"Text", r.Text},
		{"Changes", report.View{Plan: r.Plan}.WriteChanges},
	} {
		t.Run(test.name, func(t *testing.T) {
			var all bytes.Buffer
			if err := test.write(&all); err != nil {
				t.Fatal(err)
			}
			for _, room := range []int{0, all.Len() / 2, all.Len() - 1} {
				if err := test.write(&full{room}); !errors.Is(err, errFull) {
					t.Errorf("room for %d of %d bytes: %v", room, all.Len(), err)
				}
			}
		})
	}
}

func TestLargeReportsPassAFullWriter(t *testing.T) {
	r := mixed()
	rows := r.Plan.Rows[1]
	r.Plan.Rows, r.Results = nil, nil
	for range 1000 {
		r.Plan.Rows = append(r.Plan.Rows, rows)
		r.Results = append(r.Results, history.Result{Outcome: plan.Pending})
	}
	for _, write := range []func(io.Writer) error{r.CSV, r.JSONL, r.Text} {
		if err := write(&full{5000}); !errors.Is(err, errFull) {
			t.Error(err)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"web", "=1", "'", "a,b;c\td", "a\"b", "\"", "\r\n", "\n", "\r", "", " ", `\.`, "#x", "\xff", "\u202E", "数据库", "\uFEFF", "\x00",
	} {
		f.Add("m-1", seed, seed, seed, seed)
		f.Add(seed, "web", seed, "", "x")
	}
	f.Fuzz(func(t *testing.T, id, name, message, note, extra string) {
		row := manifest.Row{ImageID: id, RegionID: name, Profile: note, Want: values{ImageName: name}, Note: note, Extra: []string{extra}}
		r := report.Report{
			Plan: planOf([]ecs.Image{image(id, message)}, row, rename("m-2", "b")), Extra: []string{"x_" + extra},
			Results: []history.Result{{Outcome: plan.Failed, Code: id, Message: message, RequestID: extra}, {Outcome: plan.Pending}},
		}
		var sheet bytes.Buffer
		if err := r.CSV(&sheet); err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(sheet.Bytes(), []byte("\n")); lines != 3 {
			t.Errorf("%d lines in %q", lines, sheet.String())
		}
		want := [][]string{append(header[:len(header):len(header)], report.Cell("x_"+extra))}
		for i := range r.Results {
			l := r.Line(i)
			var record []string
			for _, value := range []string{
				fmt.Sprint(l.Line), l.Profile, l.Region, l.ImageID, l.OldName, l.NewName, l.Outcome, l.Changes,
				l.Code, l.Message, l.RequestID, fmt.Sprint(l.Attempts), l.Started, l.Finished, l.Note, l.Extra["x_"+extra],
			} {
				record = append(record, report.Cell(value))
			}
			want = append(want, record)
		}
		got, err := csv.NewReader(&sheet).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		for _, record := range got {
			for _, value := range record {
				if found := unprintable(value); found != "" || value != "" && strings.Contains("=+-@", value[:1]) {
					t.Errorf("cell %+q: %s", value, found)
				}
			}
		}
	})
}
