package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imgrename/batch/history"
	"imgrename/batch/journal"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/report"
)

func newRuns(c *common) *cobra.Command {
	return &cobra.Command{
		Use:   "runs",
		Short: "List past runs, the unfinished ones first",
		Args:  none,
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

func newReport(c *common) *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use:   "report RUN",
		Short: "Rebuild a run's report from its journal",
		Args:  exactlyOne("a run"),
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
	run, err := state.OpenRun(id)
	if err != nil {
		return report.Report{}, err
	}
	defer run.Close()
	saved, err := readRun(run)
	if err != nil {
		return report.Report{}, err
	}
	rebuild := history.NewRebuild(saved.Plan)
	if _, err := journal.Read(journal.OSFolder(run.Root()), journalFile, rebuild.Add); err != nil {
		return report.Report{}, fmt.Errorf("run %s: %w", id, err)
	}
	return report.Report{Plan: saved.Plan, Results: rebuild.Results(), Extra: saved.Info.Extra}, nil
}
