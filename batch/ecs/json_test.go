package ecs_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"imgrename/batch/ecs"
)

// FuzzAppendJSON: AppendJSON writes what encoding/json makes of the same
// attributes.
func FuzzAppendJSON(f *testing.F) {
	f.Add("web", "")
	f.Add("", "")
	f.Add("quote \" and \\", "tab\tand <b>&\u2028\u2029\x7f\u0085")
	f.Add("cut \xe2\x80", "名字 ok")
	f.Fuzz(func(t *testing.T, name, description string) {
		set := ecs.Attributes{ImageName: name, Description: description, Status: "Available"}
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		if err := e.Encode(set); err != nil {
			t.Fatal(err)
		}
		if got := string(set.AppendJSON([]byte("x"))) + "\n"; got != "x"+want.String() {
			t.Errorf("got %s, want x%s", got, want.String())
		}
		if got := string(ecs.Attributes{}.AppendJSON(nil)); got != "{}" {
			t.Errorf("nothing is %s", got)
		}
	})
}
