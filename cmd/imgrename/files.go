package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"imgrename/report"
)

// standardOutput is what -o calls standard output.
const standardOutput = "-"

// toStandardOutput reports whether -o means standard output.
func toStandardOutput(path string) bool { return path == "" || path == standardOutput }

// writeResult writes the result of a command to a file or to standard output.
func (c *common) writeResult(path string, write func(io.Writer) error) error {
	if toStandardOutput(path) {
		return write(c.out)
	}
	c.tellInPlace(path)
	if err := report.WriteFile(path, write); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// tellInPlace warns of files that cannot appear whole or not at all.
func (c *common) tellInPlace(paths ...string) {
	for _, path := range paths {
		if report.InPlace(path) {
			c.say("warning: %s is a mount point and is written in place: if that fails, half of it may be there", path)
		}
	}
}

// theManifest is the file that a command reads.
func theManifest(path string) fileFor { return fileFor{"the file that is read", path} }

// A fileFor is a file that a command reads or writes, and what it is for.
type fileFor struct{ what, path string }

// keepApart returns an error if the command would overwrite a file that it
// reads, or write two things to one file. There may be no other copy of a
// manifest that was edited by hand.
func (c *common) keepApart(output string, read ...fileFor) error {
	read = append(read, fileFor{"the file of " + c.given.called("simulate"), c.simulate})
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
			return &usageError{hinted{fmt.Errorf("%s %s and -o %s are the same file", w.what, w.path, output), "name another file"}}
		}
	}
	return nil
}

// sameFile reports whether two paths lead to one file, which need not exist
// yet. Standard input or output is no file.
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

// readAgain reports whether a path can be read a second time.
func readAgain(path string) bool {
	info, err := os.Stat(path)
	return path != "-" && !strings.HasPrefix(path, "/dev/") && (err != nil || info.Mode().IsRegular())
}

// stateFolder returns the path of the state folder, "" if none can be found.
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
