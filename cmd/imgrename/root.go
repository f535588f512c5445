package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"imgrename/report"
)

// run is the whole program but for the process around it: it returns the exit
// code.
func run(ctx context.Context, args []string, s streams) int {
	c := &common{streams: s}
	root := newRoot(c)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil && s.out.lost() != nil {
		err = fmt.Errorf("standard output: %w", s.out.lost())
	}
	c.lastEvent(err)
	complain(s, err)
	return exitCode(err)
}

// complain writes an error to standard error: the fact in a line, then the way
// out in a line of its own.
func complain(s streams, err error) {
	if err = unsaid(err); err == nil {
		return
	}
	fmt.Fprintf(s.err, "imgrename: %s\n", report.Printable(textOf(err)))
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(s.err, "  hint: %s\n", report.Printable(hint))
	}
}

// unsaid is what of an error the user has not been told by other means.
func unsaid(err error) error {
	if !is[*outcomeError](err) && !is[*changesError](err) && !is[*shownError](err) {
		return err
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var left []error
	for _, err := range joined.Unwrap() {
		left = append(left, unsaid(err))
	}
	return errors.Join(left...)
}

// textOf is an error's text in one line, that of joined ones too; empty for none.
func textOf(err error) string {
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}

// hintOf is the way out of an error, if it knows one.
func hintOf(err error) string {
	hinted, ok := errors.AsType[interface {
		error
		Hint() string
	}](err)
	if !ok {
		return ""
	}
	return hinted.Hint()
}

// A shownError wraps an error that the user has been told of already.
type shownError struct{ error }

func (e *shownError) Unwrap() error { return e.error }

func newRoot(c *common) *cobra.Command {
	root := &cobra.Command{
		Use:   "imgrename",
		Short: "Rename and edit ECS custom images in bulk, from a CSV manifest",
		Long: `imgrename renames and edits custom images of Alibaba Cloud ECS in bulk.

It reads a CSV manifest of image ids and desired values, plans against all the
images of the regions concerned, and issues the changes concurrently, within the
account's quota. Every row of the manifest ends with one outcome in the report.

  imgrename plan names.csv           show what would change, and why not
  imgrename apply names.csv          do it
  imgrename plan names.csv --simulate images.csv
                                     rehearse it on last night's export`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			c.where = whereFlags(cmd.Flags())
			if err := fromEnvironment(cmd.Flags(), os.Getenv); err != nil {
				return err
			}
			return c.check()
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.bind(root.PersistentFlags())
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{hinted{err, "see " + cmd.CommandPath() + " --help"}}
	})
	root.AddCommand(newPlan(c), newApply(c), newCheck(c), newExport(c), newResume(c), newUndo(c), newRuns(c), newReport(c), newSimulate(c), newVersion(c))
	for _, cmd := range append(root.Commands(), root) {
		usageErrors(cmd)
	}
	return root
}

// usageErrors makes a command's complaints about its arguments usage errors.
func usageErrors(cmd *cobra.Command) {
	check := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(cmd, args); err != nil {
			return &usageError{hinted{err, "see " + cmd.CommandPath() + " --help"}}
		}
		return nil
	}
}

// hinted adds the way out to an error.
type hinted struct {
	error
	hint string
}

func (h hinted) Hint() string  { return h.hint }
func (h hinted) Unwrap() error { return h.error }

// fromEnvironment gives every flag that was not set on the command line the
// value of its environment twin: --state-dir is IMGRENAME_STATE_DIR.
func fromEnvironment(flags *pflag.FlagSet, getenv func(string) string) error {
	var problems []error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "IMGRENAME_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := getenv(name)
		if f.Changed || value == "" || f.Name == "help" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			problems = append(problems, fmt.Errorf("environment variable %s: %q is not a value of --%s", name, value, f.Name))
		}
	})
	if len(problems) > 0 {
		return &usageError{errors.Join(problems...)}
	}
	return nil
}

// whereFlags are those flags of the command line that decide what a manifest's
// rows are and where calls go: a command to type next must not lack one.
func whereFlags(flags *pflag.FlagSet) string {
	var b strings.Builder
	for _, name := range []string{"simulate", "endpoint", "network", "profile", "default-region", "only-region", "encoding", "delimiter", "skip-invalid", "state-dir"} {
		f := flags.Lookup(name)
		switch {
		case f == nil || !f.Changed:
		case f.Value.Type() == "bool":
			b.WriteString(" --" + name + "=" + f.Value.String())
		default:
			b.WriteString(" --" + name + " " + shellWord(f.Value.String()))
		}
	}
	return b.String()
}
