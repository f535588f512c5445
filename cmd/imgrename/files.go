package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"imgrename/report"
)

// standardOutput is what -o calls it.
const standardOutput = "-"

// toStandardOutput reports whether -o, as it was given, means that.
func toStandardOutput(path string) bool { return path == "" || path == standardOutput }

// writeResult writes what a command makes to a file, or to standard output.
func (c *common) writeResult(path string, write func(io.Writer) error) error {
	if toStandardOutput(path) {
		return write(c.out)
	}
	if err := report.WriteFile(path, write); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// A fileFor is a file that a command reads or writes, and what it is to the user.
type fileFor struct{ what, path string }

// keepApart refuses to write over a file that is read, or twice to one for
// different ends: a manifest that was edited by hand has no other copy.
func (c *common) keepApart(input, output string) error {
	read := []fileFor{{"the file to be read", input}, {"the file of " + c.given.called("simulate"), c.simulate}}
	written := []fileFor{{"-o", output}}
	for _, path := range c.reports {
		written = append(written, fileFor{"--report", path})
	}
	for i, w := range written {
		for _, r := range read {
			if sameFile(w.path, r.path) {
				return &usageError{hinted{fmt.Errorf("%s %s would replace %s", w.what, w.path, r.what), "name another file"}}
			}
		}
		if i > 0 && sameFile(w.path, output) {
			return &usageError{hinted{fmt.Errorf("%s %s and -o %s are one file", w.what, w.path, output), "name another file"}}
		}
	}
	return nil
}

// sameFile reports whether two paths lead to one file, which need not be there
// yet. What stands for a stream, or for no file, is none.
func sameFile(a, b string) bool {
	if toStandardOutput(a) || toStandardOutput(b) {
		return false
	}
	one, err := os.Stat(a)
	if err == nil {
		if other, err := os.Stat(b); err == nil {
			return os.SameFile(one, other)
		}
	}
	whole, err := filepath.Abs(a)
	other, err2 := filepath.Abs(b)
	return err == nil && err2 == nil && whole == other
}

// readAgain reports whether what was read from a path can be read once more.
func readAgain(path string) bool {
	info, err := os.Stat(path)
	return path != "-" && !strings.HasPrefix(path, "/dev/") && (err != nil || info.Mode().IsRegular())
}

// stateFolder is where the state is kept, "" if there is no such place.
func (c *common) stateFolder() string {
	if c.stateDir != "" {
		return c.stateDir
	}
	if base := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "imgrename")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".local", "state", "imgrename")
}
