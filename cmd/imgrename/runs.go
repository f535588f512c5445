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
				c.say("no runs in %s", c.stateFolder())
				return nil
			}
			if err != nil {
				return err
			}
			defer state.Close()
			all, err := state.Runs()
			if err != nil {
				return err
			}
			if len(all) == 0 {
				c.say("no runs in %s", c.stateFolder())
			}
			for _, info := range all {
				c.listRun(info, workerOf(state, info))
			}
			return nil
		},
	}
}

// workerOf returns who is at work on a run, nil if nobody is. Who it is may be
// unknown.
func workerOf(state *runs.Folder, info runs.Info) *runs.Holder {
	if !state.Running(info) {
		return nil
	}
	holder := state.Holder(info)
	return &holder
}

func (c *common) listRun(info runs.Info, worker *runs.Holder) {
	if c.json {
		event := runEvent{"run", info.ID, info.Started, info.Head, info.End, info.Unfinished(), worker != nil, nil, textOf(info.Problem)}
		if worker != nil && worker.PID > 0 {
			event.Holder = worker
		}
		c.event(event)
		return
	}
	line := strings.Join([]string{info.ID, info.Started.UTC().Format(time.RFC3339), info.Head.Source, howOf(info, worker)}, "  ")
	fmt.Fprintln(c.out, report.Printable(line))
}

// howOf says how a run ended, or who is at work on it.
func howOf(info runs.Info, worker *runs.Holder) string {
	switch {
	case info.Problem != nil:
		return textOf(info.Problem)
	case worker != nil && worker.PID > 0:
		return "running: " + worker.OfRun()
	case worker != nil:
		return "running"
	case info.End == nil:
		return "unfinished"
	}
	how := countsOf(info.End.Counts)
	if info.End.Why != "" {
		how += "; " + info.End.Why
	}
	if info.Unfinished() {
		how = "unfinished: " + how
	}
	return how
}
