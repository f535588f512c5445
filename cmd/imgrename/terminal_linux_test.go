package main

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"imgrename/batch/plan"
)

// pseudoTerminal opens a terminal of a size.
func pseudoTerminal(t *testing.T, columns, lines uint16) *os.File {
	t.Helper()
	file, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if err := unix.IoctlSetWinsize(int(file.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: lines}); err != nil {
		t.Fatal(err)
	}
	return file
}

// Colours are for terminals that say that they have them, unless a person does not
// want any.
func TestColoursOfATerminal(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	screen := pseudoTerminal(t, 100, 40)
	for _, test := range []struct {
		name, kind, noColor string
		flag                bool
		on                  *os.File
		want                bool
	}{
		{"a terminal", "xterm-256color", "", false, screen, true},
		{"NO_COLOR", "xterm", "1", false, screen, false},
		{"--no-color", "xterm", "", true, screen, false},
		{"TERM=dumb", "dumb", "", false, screen, false},
		{"no TERM", "", "", false, screen, false},
		{"a file", "xterm", "", false, file, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("TERM", test.kind)
			t.Setenv("NO_COLOR", test.noColor)
			c := &common{noColor: test.flag}
			v := c.view(&sink{terminal: terminalOf(test.on)}, new(plan.Plan), nil, true)
			if v.Color != test.want {
				t.Errorf("colours: %v", v.Color)
			}
			if wide := v.Columns == 100; wide != (test.on == screen) {
				t.Errorf("%d columns", v.Columns)
			}
		})
	}
}
