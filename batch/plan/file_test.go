package plan_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

var info = plan.FileInfo{
	Tool: "v1.0.0", Created: time.Date(2026, 11, 23, 3, 15, 2, 0, time.UTC), Source: "manifest.csv", Extra: []string{"x_team"},
}

// sample is a plan with one of everything.
func sample() *plan.Plan {
	swap := edit("m-1", values{ImageName: "bb", Description: "<one>\r\n\"two\""})
	swap.Note, swap.Extra = "why & how", []string{"", "x\u2028"}
	old := inFamily("m-3", "cc", "ff", "2025-01-01")
	old.LicenseType, old.ImdsSupport = "Auto", "v1"
	p := plan.New(
		inRegion(requests(swap, byName("bb", "aa"), edit("m-3", values{Status: ecs.Deprecated, ImdsSupport: "v2"}), rename("m-4", "cc"),
			edit("m-5", values{ImageFamily: "ff"}))),
		lane(image("m-1", "aa"), image("m-2", "bb"), old, image("m-4", "dd"), image("m-5", "ee")),
	)
	p.Parked = []plan.Parked{{Row: 3, Name: "before"}}
	return p
}

// inRegion gives rows their region.
func inRegion(rows []plan.Request) []plan.Request {
	for _, r := range rows {
		r.RegionID = here.Region
	}
	return rows
}

func encode(t *testing.T, p *plan.Plan) (file, sum string) {
	t.Helper()
	var b bytes.Buffer
	sum, err := plan.Encode(&b, p, info)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), sum
}

func TestFile(t *testing.T) {
	file, sum := encode(t, plan.New(requests(rename("m-1", "b"), rename("m-2", "a"), rename("m-3", "c")),
		lane(image("m-1", "a"), image("m-2", "b"))))
	want := `{
"format":"imgrename plan",
"schema":1,
"tool":"v1.0.0",
"created":"2026-11-23T03:15:02Z",
"source":"manifest.csv",
"extra":["x_team"],
"job":"v2:sha256:0641681682bc6807efe3f999ec0eb5fcb91c332a883a664588de1db38b09226e",
"totals":{"planned":2,"refused":1},
"calls":3,
"lanes":[
{"account":"1001","region":"cn-hangzhou"}
],
"rows":[
{"line":2,"lane":0,"image_id":"m-1","verdict":"planned","old":{"image_name":"a","status":"Available"},"new":{"image_name":"b"}},
{"line":3,"lane":0,"image_id":"m-2","verdict":"planned","old":{"image_name":"b","status":"Available"},"new":{"image_name":"a"}},
{"line":4,"lane":0,"image_id":"m-3","verdict":"refused","problem":{"code":"NoSuchImage","message":"no image m-3 in cn-hangzhou of account 1001","image_id":"m-3"},"new":{"image_name":"c"}}
],
"chains":[
{"lane":0,"ring":true,"steps":[{"row":0,"set":{"image_name":"TEMPORARY"},"park":true},{"row":1,"set":{"image_name":"a"}},{"row":0,"set":{"image_name":"b"}}]}
],
"risks":[
],
"warnings":[
],
"sum":"SUM"
}
`
	want = strings.ReplaceAll(want, "TEMPORARY", plan.TemporaryName("1001", "cn-hangzhou", "m-1", "b"))
	want = strings.ReplaceAll(want, "SUM", sum)
	if diff := cmp.Diff(want, file); diff != "" {
		t.Error(diff)
	}
	body, _, _ := strings.Cut(file, `"sum":`)
	if own := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(body))); own != sum {
		t.Errorf("sum %s, want %s", sum, own)
	}
}

func TestFileComesBack(t *testing.T) {
	p := sample()
	file, sum := encode(t, p)
	saved, err := plan.Decode(iotest.OneByteReader(strings.NewReader(file)))
	if err != nil {
		t.Fatal(err)
	}
	want := &plan.Saved{Plan: p, Info: info, Sum: sum}
	if diff := cmp.Diff(want, saved, cmp.AllowUnexported(plan.Chain{})); diff != "" {
		t.Error(diff)
	}
	if p.JobHash() != saved.Plan.JobHash() {
		t.Error("the plan that came back is another job")
	}
	if len(p.Risks) == 0 || len(p.Warnings) == 0 || p.Chains[len(p.Chains)-1].After == nil && p.Chains[1].After == nil {
		t.Error("the sample lacks something")
	}
}

// TestEveryChangeIsNoticed changes every byte, drops every line and doubles it.
func TestEveryChangeIsNoticed(t *testing.T) {
	file, _ := encode(t, sample())
	check := func(what, changed string) {
		_, err := plan.Decode(strings.NewReader(changed))
		if err == nil {
			t.Errorf("%s: not noticed", what)
		}
	}
	for i := range file {
		check(fmt.Sprint("byte ", i), file[:i]+string(file[i]^1)+file[i+1:])
		check(fmt.Sprint("cut at ", i), file[:i])
	}
	lines := strings.SplitAfter(file, "\n")
	for i, line := range lines[:len(lines)-1] {
		before, after := strings.Join(lines[:i], ""), strings.Join(lines[i+1:], "")
		check(fmt.Sprint("without line ", i+1), before+after)
		check(fmt.Sprint("line twice: ", i+1), before+line+line+after)
	}
	check("something behind it", file+" ")
}

// Old images may have names that no manifest may give: rows that keep such a
// name, or are held back, do not spoil a plan. Nor do the names with marks that
// earlier versions let pass.
func TestDecodeOldNames(t *testing.T) {
	keeps, held := rename("m-1", "a name with spaces"), rename("m-2", "another one")
	held.Current = &values{ImageName: "another one"}
	marked := rename("m-2", "cafe\u0301")
	for _, row := range []manifest.Row{keeps, held, marked} {
		p := plan.New(inRegion(requests(row)), lane(image("m-1", "a name with spaces"), image("m-2", "renamed")))
		file, _ := encode(t, p)
		if _, err := plan.Decode(strings.NewReader(file)); err != nil {
			t.Errorf("%s: %v", p.Rows[0].Verdict, err)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	file, _ := encode(t, sample())
	head := `{"format":"imgrename plan","schema":`
	for _, test := range []struct {
		name, file string
		want       error
	}{
		{"nothing", "", plan.ErrNotPlan},
		{"a manifest", "image_id,region_id\n", plan.ErrNotPlan},
		{"other JSON", `{"format":"else"}`, plan.ErrNotPlan},
		{"a value changed", strings.Replace(file, `"image_name":"aa"`, `"image_name":"xx"`, 1), plan.ErrChanged},
		{"laid out anew", strings.ReplaceAll(file, ":", " : "), plan.ErrChanged},
		{"in one line", strings.ReplaceAll(file, "\n", ""), plan.ErrChanged},
		{"cut short", file[:len(file)/2], plan.ErrChanged},
		{"row of no lane, with a right sum", signed(strings.Replace(file, `"lane":0,"image_id":"m-4"`, `"lane":1,"image_id":"m-4"`, 1)), plan.ErrChanged},
		{"step of no row, with a right sum", signed(strings.Replace(file, `"row":4`, `"row":5`, 1)), plan.ErrChanged},
		{"verdict of no planner, with a right sum", signed(strings.Replace(file, `"verdict":"planned"`, `"verdict":"applied"`, 1)), plan.ErrChanged},
		{"chain after none, with a right sum", signed(strings.Replace(file, `"after":[`, `"after":[99,`, 1)), plan.ErrChanged},
		{"notice of no row, with a right sum", signed(strings.Replace(file, `"rows":[2]`, `"rows":[-1]`, 1)), plan.ErrChanged},
		{"a parked row of none, with a right sum", signed(strings.Replace(file, `{"row":3,"name":"before"}`, `{"row":5,"name":"before"}`, 1)), plan.ErrChanged},
		{"a region that becomes a host", signed(strings.ReplaceAll(file, `cn-hangzhou`, `x@127.0.0.1:8443/#`)), plan.ErrChanged},
		{"a row in the lane of another region", signed(strings.Replace(file, `"region_id":"cn-hangzhou"`, `"region_id":"cn-shanghai"`, 1)), plan.ErrChanged},
		{"an image id that is none", signed(strings.Replace(file, `"image_id":"m-4"`, `"image_id":"m-4&x=1"`, 1)), plan.ErrChanged},
		{"a name that no manifest may have", signed(strings.Replace(file, `"new":{"image_name":"bb"`, `"new":{"image_name":"b b"`, 1)), plan.ErrChanged},
		{"a member twice", signed(strings.Replace(file, `"new":{"image_name":"bb"`, `"new":{"image_name":"zz","image_name":"bb"`, 1)), plan.ErrChanged},
		{"a member in another case", signed(strings.Replace(file, `"new":{"image_name":"bb"`, `"NEW":{"image_name":"zz"},"new":{"image_name":"bb"`, 1)), plan.ErrChanged},
		{"an unknown member", signed(strings.Replace(file, `"line":2,`, `"line":2,"later":{},`, 1)), plan.ErrChanged},
		{"two lists of rows", signed(strings.Replace(file, "\n\"chains\":[\n", "\n\"rows\":[\n],\n\"chains\":[\n", 1)), plan.ErrChanged},
		{"other totals", signed(strings.Replace(file, `"totals":{`, `"totals":{"stranded":1,`, 1)), plan.ErrChanged},
		{"other calls", signed(strings.Replace(file, `"calls":6`, `"calls":1`, 1)), plan.ErrChanged},
		{"another job", signed(strings.Replace(file, `"job":"v2:sha256:`, `"job":"v2:sha256:0`, 1)), plan.ErrChanged},
		{"the reader fails", "", io.ErrClosedPipe},
	} {
		t.Run(test.name, func(t *testing.T) {
			var r io.Reader = strings.NewReader(test.file)
			if test.want == io.ErrClosedPipe {
				r = io.MultiReader(strings.NewReader(file[:1000]), iotest.ErrReader(io.ErrClosedPipe))
			}
			if test.file == file {
				t.Fatal("the sample has no such text")
			}
			if _, err := plan.Decode(r); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	for _, schema := range []string{"2", `"1"`, "1.0", "10"} {
		_, err := plan.Decode(strings.NewReader(head + schema + "}"))
		if e, ok := errors.AsType[*plan.SchemaError](err); !ok || e.Version != schema {
			t.Errorf("schema %s: %v", schema, err)
		}
	}
}

func TestIsFile(t *testing.T) {
	file, _ := encode(t, sample())
	for _, test := range []struct {
		name, head string
		want       bool
	}{
		{"a plan", file[:512], true},
		{"of a later version", "{\n\"format\":\"imgrename plan\",\n\"schema\":7,\n", true},
		{"a manifest", "image_id,region_id\n", false},
		{"nothing", "", false},
	} {
		if got := plan.IsFile([]byte(test.head)); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestEncodeReturnsTheWritersError(t *testing.T) {
	for _, room := range []int{0, 1 << 10, 1 << 16} {
		w := &fullDisk{room}
		p := plan.New(requests(make([]manifest.Row, 5000)...), lane())
		if _, err := plan.Encode(w, p, info); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("room for %d: %v", room, err)
		}
	}
}

type fullDisk struct{ room int }

func (d *fullDisk) Write(b []byte) (int, error) {
	if d.room -= len(b); d.room < 0 {
		return 0, io.ErrShortWrite
	}
	return len(b), nil
}

// signed gives an edited file the right sum.
func signed(file string) string {
	body, _, _ := strings.Cut(file, `"sum":`)
	return body + fmt.Sprintf("\"sum\":\"sha256:%x\"\n}\n", sha256.Sum256([]byte(body)))
}

func TestRandomPlansComeBack(t *testing.T) {
	for seed := range uint64(300) {
		rows, lanes := dice{rand.New(rand.NewPCG(seed, 3))}.job()
		file := encoded(t, plan.New(rows, lanes))
		saved, err := plan.Decode(strings.NewReader(file))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var again bytes.Buffer
		if _, err := plan.Encode(&again, saved.Plan, saved.Info); err != nil || again.String() != file {
			t.Fatalf("seed %d: %v %s", seed, err, cmp.Diff(file, again.String()))
		}
	}
}
