package plan_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/plan"
)

// loosened is a plan file with white space that Encode does not write in its
// rows and chains, with a right sum.
func loosened(file string) string {
	return signed(strings.NewReplacer("\n{\"line\":", "\n{ \"line\":", "\n{\"lane\":", "\n{ \"lane\":").Replace(file))
}

// asJSON compares what is read of a plan file line by line with what
// encoding/json makes of the same lines.
func asJSON(file string) error {
	got, err := plan.DecodeLoosely(strings.NewReader(signed(file)))
	want, wantErr := plan.DecodeLoosely(strings.NewReader(loosened(file)))
	if (err == nil) != (wantErr == nil) {
		return fmt.Errorf("got error %v, want %v", err, wantErr)
	}
	if err != nil {
		return nil
	}
	if diff := cmp.Diff(want.Plan, got.Plan, cmp.AllowUnexported(plan.Chain{})); diff != "" {
		return fmt.Errorf("(-want +got):\n%s", diff)
	}
	return nil
}

func TestLinesAreReadAsJSON(t *testing.T) {
	file, _ := encode(t, sample())
	if !strings.Contains(loosened(file), `{ "line":2`) || !strings.Contains(loosened(file), `{ "lane":0`) {
		t.Fatal("nothing is loosened")
	}
	for _, edit := range []struct{ name, from, to string }{
		{"as it is", "", ""},
		{"a number with a zero in front", `"line":2,`, `"line":02,`},
		{"zero", `"line":2,`, `"line":0,`},
		{"a negative number", `"line":2,`, `"line":-2,`},
		{"a large number", `"line":2,`, `"line":123456789012,`},
		{"a number too large", `"line":2,`, `"line":123456789012345678901,`},
		{"a fraction", `"line":2,`, `"line":2.0,`},
		{"no number", `"line":2,`, `"line":,`},
		{"null", `"line":2,`, `"line":null,`},
		{"other letters", `"note":"why`, `"note":"为什么`},
		{"not UTF-8", `"note":"why`, "\"note\":\"why\xff"},
		{"a control character", `"note":"why`, "\"note\":\"why\x01"},
		{"a quote", `"note":"why`, `"note":"w\"hy`},
		{"a backslash at the end", `"note":"why & how"`, `"note":"why\\"`},
		{"a backslash and a quote at the end", `"note":"why & how"`, `"note":"why\\\""`},
		{"a string without an end", `"note":"why & how"`, `"note":"why\"`},
		{"no such escape", `"note":"why`, `"note":"\why`},
		{"half of a letter", `"note":"why`, `"note":"\ud800why`},
		{"false", `"by_name":true`, `"by_name":false`},
		{"not a truth", `"by_name":true`, `"by_name":truth`},
		{"an empty list", `"extra":["","x\u2028"]`, `"extra":[]`},
		{"a list that goes on", `"extra":["",`, `"extra":["",,`},
		{"a list with nothing behind", `"extra":["",`, `"extra":["",]`},
		{"a list without its beginning", `"steps":[{"row":4`, `"steps":{"row":4`},
		{"a list with a comma there", `"steps":[{"row":4`, `"steps":,{"row":4`},
		{"a list without its end", `"extra":["","x\u2028"]`, `"extra":["","x\u2028"`},
		{"a list without a comma", `"park":true},{`, `"park":true}{`},
		{"an object without its end", `"set":{"image_family":"ff"}`, `"set":{"image_family":"ff"`},
		{"an object without its beginning", `"set":{"image_family":"ff"}`, `"set":}`},
		{"another sign between members", `"line":2,`, `"line":2{`},
		{"a list of others", `"extra":["",`, `"extra":[1,`},
		{"an empty object", `"set":{"image_family":"ff"}`, `"set":{}`},
		{"no member there", `"set":{"image_family":"ff"}`, `"set":{,}`},
		{"no member behind", `"set":{"image_family":"ff"}`, `"set":{"image_family":"ff",}`},
		{"members in another order", `"lane":0,"image_id":"m-1"`, `"image_id":"m-1","lane":0`},
		{"a member twice", `"line":2,`, `"line":2,"line":3,`},
		{"an unknown member", `"line":2,`, `"line":2,"later":{},`},
		{"a member less", `"line":2,`, ``},
		{"no colon", `"line":2,`, `"line"2,`},
		{"a verdict of no planner", `"verdict":"planned"`, `"verdict":"undecided"`},
		{"an escaped verdict", `"verdict":"planned"`, `"verdict":"plann\u0065d"`},
		{"something behind a row", `"why & how"`, `"why & how"},{`},
		{"an end too many", "}\n],\n\"chains\"", "}}\n],\n\"chains\""},
		{"an end too few", "}\n],\n\"chains\"", "\n],\n\"chains\""},
		{"a step of no row", `"steps":[{"row":4`, `"steps":[{"row":40`},
	} {
		t.Run(edit.name, func(t *testing.T) {
			edited := strings.Replace(file, edit.from, edit.to, 1)
			if edited == file && edit.to != "" {
				t.Fatal("the sample has no such text")
			}
			if err := asJSON(edited); err != nil {
				t.Error(err)
			}
		})
	}
	for seed := range uint64(100) {
		rows, lanes := dice{rand.New(rand.NewPCG(seed, 3))}.job()
		if err := asJSON(encoded(t, plan.New(rows, lanes))); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}
