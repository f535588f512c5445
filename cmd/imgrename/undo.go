package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

func newUndo(c *common) *cobra.Command {
	output := ""
	cmd := &cobra.Command{
		Use:  "undo RUN [-o FILE]",
		Args: exactlyOne("a run"),
		RunE: func(_ *cobra.Command, args []string) error { return c.undo(args[0], output) },
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this `file` instead of standard output")
	return cmd
}

func (c *common) undo(id, output string) error {
	end, err := c.standing(id)
	if err != nil {
		return err
	}
	r, err := c.rebuild(id)
	if err == nil {
		err = c.narrowRun(id, r.Plan)
	}
	if err != nil {
		return err
	}
	rows, kept := history.Undo(r.Plan, r.Results)
	if c.onlyRegion != "" {
		rows = slices.DeleteFunc(rows, func(row manifest.Row) bool { return row.RegionID != c.onlyRegion })
		kept = slices.DeleteFunc(kept, func(k history.Kept) bool { return r.Plan.Rows[k.Row].RegionID != c.onlyRegion })
	}
	for i := range rows {
		rows[i].Note = "undo of " + id
	}
	write := func(w io.Writer) error { return writeUndo(w, rows) }
	if err := c.writeResult(output, write); err != nil {
		return fmt.Errorf("undo: %w", err)
	}
	for _, k := range kept {
		what := k.ImageID
		if k.Column != "" {
			what += ", " + k.Column
		}
		fmt.Fprintf(c.err, "not put back: line %d, %s: %s\n", r.Plan.Rows[k.Row].Line, report.Printable(what), report.Printable(k.Reason))
	}
	c.tellUndo(len(rows), len(kept), end, output)
	return nil
}

// tellUndo says how much is put back, and what to type next. That a run is not at
// its end is said with --quiet too: the manifest lacks what comes.
func (c *common) tellUndo(rows, kept int, run ending, output string) {
	said := plan.Count(rows, "row") + " to put back, " + plan.Count(kept, "value") + " not"
	next := run.next
	switch {
	case run.running:
		said += "; run " + run.run + " is running: what it still does is not among them"
	case next != "":
		said += "; run " + run.run + " is not finished"
	case rows > 0:
		next = c.planCommand(output)
	}
	if next != "" {
		said += "; next: " + report.Printable(next)
	}
	if !c.quiet || run.running || run.next != "" {
		fmt.Fprintln(c.err, said)
	}
	if c.json && !toStandardOutput(output) {
		e := summarise(nil, ending{run: run.run, next: next}, codeOK)
		e.Rows = rows
		c.event(e)
	}
}

// writeUndo writes the rows with the columns that they need.
func writeUndo(w io.Writer, rows []manifest.Row) error {
	columns := []string{"image_id", "region_id"}
	needs := func(used func(*manifest.Row) bool) bool {
		for i := range rows {
			if used(&rows[i]) {
				return true
			}
		}
		return false
	}
	if needs(func(r *manifest.Row) bool { return r.Profile != "" }) {
		columns = append(columns, "profile")
	}
	for field := range (ecs.Attributes{}).All() {
		wanted := func(r *manifest.Row) bool { return *(*ecs.Attributes)(&r.Want).Field(field) != "" }
		if field == ecs.ImageName || needs(wanted) {
			columns = append(columns, field.Condition(), field.String())
		}
	}
	out := manifest.NewWriter(w, append(columns, "note"), nil)
	for _, row := range rows {
		if err := out.Write(row); err != nil {
			return err
		}
	}
	return out.Flush()
}
