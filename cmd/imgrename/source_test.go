package main

import (
	"bytes"
	"errors"
	"testing"

	"imgrename/manifest"
)

// Text that a manifest's problems quote is escaped where it is shown: in the
// place, in the fact and in the hint.
func TestProblemsAreShownEscaped(t *testing.T) {
	problem := &manifest.Error{Line: 2, Column: "x_\u202e", Err: hinted{errors.New("a\x1b[31m"), "b\u009b"}}
	want := "2:x_\\u202e: a\\x1b[31m\n  hint: b\\u009b\n"
	for _, test := range []struct {
		name, want string
		show       func(*common)
	}{
		{"in the list", "\u4e2d\\u200b.csv:" + want, func(c *common) {
			_ = c.show("\u4e2d\u200b.csv", &manifest.File{Problems: []*manifest.Error{problem}})
		}},
		{"as what ended a command", "imgrename: " + want, func(c *common) { c.complain(problem) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			var said bytes.Buffer
			test.show(&common{streams: streams{err: &sink{w: &said}}})
			if got := said.String(); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
