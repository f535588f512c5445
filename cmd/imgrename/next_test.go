package main

import (
	"os/exec"
	"testing"

	"imgrename/report"
)

// TestShellArgument: a path that is copied from the last line to a shell is the
// same path, and printing does not alter it.
func TestShellArgument(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	for _, tt := range []struct{ name, path, want string }{
		{"plain", "a/b-1_2.csv", "a/b-1_2.csv"},
		{"Chinese", "镜像.csv", "镜像.csv"},
		{"a space and quotes", `it's "a" $HOME.csv`, `it's "a" $HOME.csv`},
		{"a home", "~.csv", "~.csv"},
		{"a backslash", `a\b.csv`, `a\b.csv`},
		{"nothing", "", ""},
		{"like a flag", "-names.csv", "./-names.csv"},
		{"a line break", "a\nb'c\\.csv", "a\nb'c\\.csv"},
		{"an escape sequence before a digit", "\x1b[31m\x017.csv", "\x1b[31m\x017.csv"},
		{"a mark that turns the text", "a\u202eb镜.csv", "a\u202eb镜.csv"},
		{"no UTF-8", "a\xffb.csv", "a\xffb.csv"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			shown := report.Printable(shellArgument(tt.path))
			got, err := exec.Command(bash, "-c", "printf %s "+shown).Output()
			if err != nil || string(got) != tt.want {
				t.Errorf("%s is %q, %v, want %q", shown, got, err, tt.want)
			}
		})
	}
}
