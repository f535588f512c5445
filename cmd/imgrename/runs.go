package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch/plan"
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

type runEvent struct {
	Event   string        `json:"event"` // run
	ID      string        `json:"run"`
	Started time.Time     `json:"started"`
	Head    runs.Head     `json:"head"`
	End     *runs.Summary `json:"end,omitempty"`
	Left    bool          `json:"unfinished"`
	Running bool          `json:"running,omitempty"`
	Problem string        `json:"problem,omitempty"`
}

func (c *common) listRun(info runs.Info, running bool) {
	problem := ""
	if info.Problem != nil {
		problem = info.Problem.Error()
	}
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
	fmt.Fprintf(c.out, "%s  %s  %s  %s\n", info.ID, info.Started.UTC().Format(time.RFC3339), report.Printable(info.Head.Source), report.Printable(how))
}

// countsOf says how many rows ended how.
func countsOf(counts map[string]int) string {
	var parts []string
	for _, o := range plan.Outcomes() {
		if n := counts[o.String()]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	return strings.Join(parts, ", ")
}
