package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/runs"
	"imgrename/report"
	"imgrename/report/page"
)

func newReport(c *common) *cobra.Command {
	format, whole := "text", ""
	cmd := &cobra.Command{
		Use:  "report RUN...",
		Args: someOf("run"),
		RunE: func(_ *cobra.Command, args []string) error {
			if !oneOf(format, reportFormats) {
				return &usageError{fmt.Errorf("--format %q: must be %s", format, reportFormats)}
			}
			if len(args) > 1 || whole != "" {
				return c.reportJoined(args, whole, format)
			}
			p, err := c.past(args[0])
			if err == nil {
				err = c.writeReports(p.told)
			}
			if err != nil {
				return err
			}
			switch {
			case format == "csv":
				return p.rows.CSV(c.out)
			case format == "jsonl":
				return p.rows.JSONL(c.out)
			case format == "md":
				return p.told.page().Markdown(c.out)
			case format == "html":
				return p.told.page().HTML(c.out)
			case c.json:
				c.rowEvents(p.end.Run, p.rows)
				c.event(p.end)
				return nil
			}
			if err := p.rows.Text(c.out); err != nil {
				return err
			}
			fmt.Fprintln(c.out, p.end)
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "report format: "+reportFormats)
	cmd.Flags().StringVar(&whole, "manifest", "", "the `manifest` of the runs: rows that none of them has are pending")
	return cmd
}

// A past is a run as its folder has it.
type past struct {
	head    runs.Head
	rows    report.Report
	told    *told
	end     summary // why it stopped, and the command that finishes it
	running bool    // a process is working on it
}

// past reads a run: first whether it is running, then its rows. So the rows of
// a run that is not running are final.
func (c *common) past(id string) (*past, error) {
	state, err := runs.Find(c.stateFolder())
	if errors.Is(err, fs.ErrNotExist) { // no state folder, no runs
		return nil, &runs.NotFoundError{ID: id}
	}
	if err != nil {
		return nil, err
	}
	defer state.Close()
	info, err := readRun(state, id)
	if err != nil {
		return nil, err
	}
	id = info.ID
	running := state.Running(info)
	e, err := lifecycle.Rebuild(state, id)
	if err != nil {
		return nil, err
	}
	p := &past{head: info.Head, rows: reportOf(e), told: c.toldOf(e, ""), end: summaryOf(e.Results), running: running}
	p.told.info = page.Info{Tool: info.Head.Tool, Made: info.Started, Source: info.Head.Source, Where: p.told.info.Where}
	p.end.Run = id
	if info.End != nil {
		p.end.Why = info.End.Why
	}
	exceeded := lifecycle.FailureLimit(info.Head).Check(history.Totals(e.Results).Failures(), len(e.Results))
	switch {
	case running:
		p.end.Why = "still running: rows in progress are shown as unknown"
	case info.Unfinished() && exceeded != nil:
		p.end.Next = c.raisedCommand(id, exceeded)
	case info.Unfinished():
		p.end.Next = c.resumeCommand(id)
	}
	p.told.run = page.Run{ID: id, Started: info.Started, Why: p.end.Why, Next: p.end.Next}
	if info.End != nil {
		p.told.run.Ended = info.End.Ended
	}
	return p, nil
}

// reportFormats are the formats of a report.
const reportFormats = "csv, jsonl, text, md or html"

// lastRun is what a person may type for the newest run.
const lastRun = "last"

// newestOf returns the id of the run that began last.
func newestOf(state *runs.Folder) (string, error) {
	all, err := state.Runs()
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", &runs.NotFoundError{ID: lastRun}
	}
	return slices.MaxFunc(all, func(a, b runs.Info) int { return a.Started.Compare(b.Started) }).ID, nil
}

// readRun reads what a run is about and how it ended. It closes the run again,
// since [runs.Folder.Running] must not be asked while it is open.
func readRun(state *runs.Folder, id string) (_ runs.Info, err error) {
	if id == lastRun {
		if id, err = newestOf(state); err != nil {
			return runs.Info{}, err
		}
	}
	run, err := state.OpenRun(id)
	if err != nil {
		return runs.Info{}, err
	}
	return run.Info(), run.Close()
}
