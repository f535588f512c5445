package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"imgrename/batch/lifecycle"
	"imgrename/batch/runs"
	"imgrename/report"
)

func newReport(c *common) *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use:  "report RUN",
		Args: exactlyOne("a run"),
		RunE: func(_ *cobra.Command, args []string) error {
			if !oneOf(format, "csv", "jsonl", "text") {
				return &usageError{fmt.Errorf("--format %q: csv, jsonl or text", format)}
			}
			end, err := c.standing(args[0])
			if err != nil {
				return err
			}
			r, err := c.rebuild(args[0])
			if err == nil {
				err = c.writeReports(r)
			}
			if err != nil {
				return err
			}
			switch {
			case format == "csv":
				return r.CSV(c.out)
			case format == "jsonl":
				return r.JSONL(c.out)
			case c.json:
				c.reportEvents(r, end)
				return nil
			}
			if err := r.Text(c.out); err != nil {
				return err
			}
			c.lastLine(c.out, r.Results, end)
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "csv, jsonl or text")
	return cmd
}

// reportEvents writes a run's report as events.
func (c *common) reportEvents(r report.Report, e ending) {
	c.rowEvents(e.run, r)
	c.event(summarise(r.Results, e, codeOK))
}

// rowEvents writes the rows of a run's report.
func (c *common) rowEvents(run string, r report.Report) {
	for i := range r.Results {
		c.event(rowEvent{"row", r.Line(i), run})
	}
}

// standing is what there is to say of a run besides its rows: that it is at work,
// or not finished, and why.
func (c *common) standing(id string) (ending, error) {
	state, err := c.stateWith(id)
	if err != nil {
		return ending{}, err
	}
	defer state.Close()
	info, err := runInfo(state, id)
	if err != nil {
		return ending{}, err
	}
	end := ending{run: id}
	if state.Running(info) {
		end.running, end.why = true, "running: rows under way are shown as unknown"
		return end, nil
	}
	if info.Unfinished() {
		end.next = c.resumeCommand(id)
	}
	if info.End != nil {
		end.why = info.End.Why
	}
	return end, nil
}

// stateWith opens the state folder that has a run: where there is none, there is
// no such run.
func (c *common) stateWith(id string) (*runs.Folder, error) {
	state, err := runs.Find(c.stateFolder())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &runs.NotFoundError{ID: id}
	}
	return state, err
}

// runInfo reads how a run stands, and lets go of it: who asks whether it is at
// work must not have it open.
func runInfo(state *runs.Folder, id string) (runs.Info, error) {
	run, err := state.OpenRun(id)
	if err != nil {
		return runs.Info{}, err
	}
	return run.Info(), run.Close()
}

// rebuild makes a run's report of its sealed plan and its journal.
func (c *common) rebuild(id string) (report.Report, error) {
	state, err := c.stateWith(id)
	if err != nil {
		return report.Report{}, err
	}
	defer state.Close()
	e, err := lifecycle.Rebuild(state, id)
	if err != nil {
		return report.Report{}, err
	}
	return reportOf(e), nil
}
