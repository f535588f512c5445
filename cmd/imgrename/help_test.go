package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every page of help fits a terminal of 80 columns and names the flags of its
// command; the topic flags names the common ones, and no page repeats them.
func TestHelpFitsATerminal(t *testing.T) {
	var check func(*cobra.Command)
	check = func(cmd *cobra.Command) {
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			page := helpOf(t, cmd)
			if cmd.Short == "" {
				t.Error("no title")
			}
			if cmd.HasParent() && cmd.Parent().Name() == "completion" { // cobra's own words about shells
				page = strings.TrimPrefix(page, cmd.Long)
			}
			for line := range strings.Lines(page) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
				if !f.Hidden && !strings.Contains(page, "--"+f.Name+" ") {
					t.Errorf("nothing of --%s", f.Name)
				}
			})
			if cmd.HasParent() && cmd.Parent().Name() == "help" {
				return // a topic
			}
			common := topic(t, "flags")
			cmd.Root().PersistentFlags().VisitAll(func(f *pflag.Flag) {
				if !f.Hidden && (!strings.Contains(common, "--"+f.Name+" ") || strings.Contains(page, "\n      --"+f.Name+" ")) {
					t.Errorf("--%s is not in the topic flags, or is in this page", f.Name)
				}
			})
		})
		for _, sub := range cmd.Commands() {
			check(sub)
		}
	}
	check(newRoot(new(common)))
}

// helpOf returns what a command prints with --help.
func helpOf(t *testing.T, cmd *cobra.Command) string {
	t.Helper()
	var out, said bytes.Buffer
	args := append(strings.Fields(cmd.CommandPath())[1:], "--help")
	code := run(context.Background(), args, streams{out: &sink{w: &out}, err: &sink{w: &said}})
	if code != codeOK || said.Len() > 0 {
		t.Errorf("exit code %d, standard error: %s", code, &said)
	}
	return out.String()
}
