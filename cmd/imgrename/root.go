package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"imgrename/batch/lifecycle"
	"imgrename/report"
)

// run is the whole program but for the process around it: it returns the exit
// code.
func run(ctx context.Context, args []string, s streams) int {
	c := &common{streams: s}
	root := newRoot(c)
	root.SetArgs(args)
	return c.end(root.ExecuteContext(ctx))
}

// end says what went wrong and returns the exit code.
func (c *common) end(err error) int {
	if err == nil && c.out.lost() != nil {
		err = fmt.Errorf("standard output: %w", c.out.lost())
	}
	c.lastEvent(err)
	complain(c.streams, err)
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
	if is[*lifecycle.NoLaneError](err) {
		return hintOfNoLane(err)
	}
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
		Use:           "imgrename",
		SilenceErrors: true,
		SilenceUsage:  true,
		// A command that is two letters away is suggested.
		SuggestionsMinimumDistance: 2,
		Args:                       commandOf,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if c.given, err = givenFlags(cmd.Flags(), os.Getenv); err != nil {
				return err
			}
			c.where = c.given.again(whereFlags)
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
	addHelp(root)
	root.InitDefaultCompletionCmd()
	for _, cmd := range append(root.Commands(), root) {
		if cmd.Name() == "completion" {
			cmd.Args, cmd.RunE = commandOf, root.RunE
			for _, shell := range cmd.Commands() {
				shell.Args = none
				usageErrors(shell)
			}
		}
		usageErrors(cmd)
	}
	return root
}

// hinted adds the way out to an error.
type hinted struct {
	error
	hint string
}

func (h hinted) Hint() string  { return h.hint }
func (h hinted) Unwrap() error { return h.error }
