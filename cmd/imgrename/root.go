package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "dev"

func userAgent() string {
	return "imgrename/" + version + " (" + runtime.GOOS + "; " + runtime.GOARCH + ")"
}

// run is the whole program without the process around it. It returns the exit
// code.
func run(ctx context.Context, args []string, s streams) int {
	c := &common{streams: s}
	root := newRoot(c)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil && c.out.lost() != nil {
		err = fmt.Errorf("standard output: %w", c.out.lost())
	}
	c.lastEvent(err)
	c.complain(err)
	return exitCode(err)
}

func newRoot(c *common) *cobra.Command {
	root := &cobra.Command{
		Use:           "imgrename",
		SilenceErrors: true,
		SilenceUsage:  true,
		// Suggest commands that are two letters away.
		SuggestionsMinimumDistance: 2,
		Args:                       commandOf,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) (err error) {
			if c.given, err = givenFlags(cmd.Flags()); err != nil {
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

func newVersion(c *common) *cobra.Command {
	return &cobra.Command{
		Use:  "version",
		Args: none,
		Run: func(*cobra.Command, []string) {
			if c.json {
				c.event(versionEvent{"version", version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH})
				return
			}
			fmt.Fprintf(c.out, "imgrename %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		},
	}
}
