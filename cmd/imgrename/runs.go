package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch/runs"
	"imgrename/report"
)

func newRuns(c *common) *cobra.Command {
	return &cobra.Command{
		Use:  "runs",
		Args: none,
		RunE: func(*cobra.Command, []string) error {
			state, err := runs.Find(c.stateFolder())
			if errors.Is(err, fs.ErrNotExist) {
				return nil // there was no run yet
			}
			if err != nil {
				return err
			}
			defer state.Close()
			all, err := state.Runs()
			if err != nil {
				return err
			}
			for _, info := range all {
				c.listRun(info, state.Running(info))
			}
			return nil
		},
	}
}

func (c *common) listRun(info runs.Info, running bool) {
	problem := textOf(info.Problem)
	if c.json {
		c.event(runEvent{"run", info.ID, info.Started, info.Head, info.End, info.Unfinished(), running, problem})
		return
	}
	how := "unfinished"
	switch {
	case problem != "":
		how = problem
	case running:
		how = "running"
	case info.End != nil:
		how = countsOf(info.End.Counts)
		if info.End.Why != "" {
			how += "; " + info.End.Why
		}
		if info.Unfinished() {
			how = "unfinished: " + how
		}
	}
	line := strings.Join([]string{info.ID, info.Started.UTC().Format(time.RFC3339), info.Head.Source, how}, "  ")
	fmt.Fprintln(c.out, report.Printable(line))
}
