package plan_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// fileRow and fileChain are the elements of a plan file as encoding/json is to
// write them.
type (
	fileRow struct {
		Line      int            `json:"line"`
		Profile   string         `json:"profile,omitempty"`
		RegionID  string         `json:"region_id,omitempty"`
		Lane      int            `json:"lane"`
		ImageID   string         `json:"image_id,omitempty"`
		ByName    bool           `json:"by_name,omitempty"`
		Verdict   plan.Outcome   `json:"verdict"`
		Problem   *fileProblem   `json:"problem,omitempty"`
		Old       ecs.Attributes `json:"old,omitzero"`
		New       ecs.Attributes `json:"new,omitzero"`
		Condition ecs.Attributes `json:"condition,omitzero"`
		Note      string         `json:"note,omitempty"`
		Extra     []string       `json:"extra,omitempty"`
	}
	fileProblem struct {
		Code      string `json:"code"`
		Message   string `json:"message"`
		ImageID   string `json:"image_id,omitempty"`
		Line      int    `json:"line,omitempty"`
		RequestID string `json:"request_id,omitempty"`
	}
	fileChain struct {
		Lane  int        `json:"lane"`
		Ring  bool       `json:"ring,omitempty"`
		Open  bool       `json:"open,omitempty"`
		After []int      `json:"after,omitempty"`
		Steps []fileStep `json:"steps"`
	}
	fileStep struct {
		Row  int            `json:"row"`
		Set  ecs.Attributes `json:"set"`
		Park bool           `json:"park,omitempty"`
	}
)

// elements are the lines that encoding/json makes of a plan's rows and chains.
func elements(t *testing.T, p *plan.Plan) string {
	t.Helper()
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	write := func(v any) {
		if err := out.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range p.Rows {
		row := fileRow{
			Line: r.Line, Profile: r.Profile, RegionID: r.RegionID, Lane: r.Lane, ImageID: r.ImageID, ByName: r.Row.ImageID == "",
			Verdict: r.Verdict, Old: *r.Old, New: ecs.Attributes(r.Want), Condition: ecs.Attributes(r.Condition()), Note: r.Note, Extra: r.Extra,
		}
		if r.Problem != nil {
			row.Problem = (*fileProblem)(r.Problem)
		}
		write(row)
	}
	for _, c := range p.Chains {
		chain := fileChain{Lane: c.Lane, Ring: c.Ring, Open: c.Open, After: c.After, Steps: []fileStep{}}
		for _, s := range c.Steps {
			chain.Steps = append(chain.Steps, fileStep{s.Row, *s.Set, s.Park})
		}
		write(chain)
	}
	return b.String()
}

// writtenElements are the lines of rows and chains in a plan file.
func writtenElements(t *testing.T, p *plan.Plan) string {
	t.Helper()
	_, rest, _ := strings.Cut(encoded(t, p), "\"rows\":[\n")
	rows, rest, _ := strings.Cut(rest, "],\n\"chains\":[\n")
	chains, _, ok := strings.Cut(rest, "],\n\"risks\":")
	if !ok {
		t.Fatal("no rows and chains")
	}
	return strings.ReplaceAll(rows+chains, "},\n", "}\n")
}

func TestEncodeWritesWhatTheJSONPackageWould(t *testing.T) {
	for seed := range uint64(300) {
		rows, lanes := dice{rand.New(rand.NewPCG(seed, 9))}.job()
		p := plan.New(rows, lanes)
		if diff := cmp.Diff(elements(t, p), writtenElements(t, p)); diff != "" {
			t.Fatalf("seed %d: (-want +got)\n%s", seed, diff)
		}
	}
}

func TestEncodeEscapesAsTheJSONPackageDoes(t *testing.T) {
	for _, s := range []string{
		"", "plain", `"`, `\`, "a\nb\tc\rd\be\f", "\x00\x1f", "\x7f", "<a&b>", "镜像-é", "😀", "a\u2028b", "a\u2029b", "\xff", "é\xe2\x80", "\ufffd",
	} {
		values := manifest.Values{
			ImageName: s, Description: s, ImageFamily: s, Status: s, BootMode: s, LicenseType: s, NvmeSupport: s, ImdsSupport: s,
		}
		old := ecs.Attributes(values)
		row := plan.Row{
			Request: plan.Request{Row: &manifest.Row{
				Line: 2, Profile: s, RegionID: s, Want: values, Current: &values, Note: s, Extra: []string{s, "x"},
			}},
			ImageID: s, Old: &old, Verdict: plan.Refused, Problem: &plan.Problem{Code: s, Message: s, ImageID: s, Line: 3, RequestID: s},
		}
		p := &plan.Plan{Lanes: []plan.Lane{here}, Rows: []plan.Row{row}, Chains: []plan.Chain{
			{Steps: []plan.Step{{Set: &old}, {Set: &old, Park: true}}, Open: true, Ring: true, After: []int{0, 1}},
		}}
		if diff := cmp.Diff(elements(t, p), writtenElements(t, p)); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", s, diff)
		}
	}
}
