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
		Args: exactlyOne("run"),
		RunE: func(_ *cobra.Command, args []string) error { return c.undo(args[0], output) },
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this `file` instead of standard output")
	return cmd
}

func (c *common) undo(id, output string) error {
	p, err := c.past(id)
	if err == nil {
		id = p.end.Run
		err = c.narrowRun(id, p.rows.Plan)
	}
	if err != nil {
		return err
	}
	planned := p.rows.Plan.Rows
	rows, kept := history.Undo(p.rows.Plan, p.rows.Results)
	if c.onlyRegion != "" {
		rows = slices.DeleteFunc(rows, func(row manifest.Row) bool { return row.RegionID != c.onlyRegion })
		kept = slices.DeleteFunc(kept, func(k history.Kept) bool { return planned[k.Row].RegionID != c.onlyRegion })
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
		text := fmt.Sprintf("not put back: line %d, %s: %s", planned[k.Row].Line, what, k.Reason)
		fmt.Fprintln(c.err, report.Printable(text))
	}
	c.tellUndo(len(rows), len(kept), p, output)
	return nil
}

// tellUndo says how much is put back, and what to type next. If the run is
// unfinished it says so even with --quiet: the manifest lacks later changes.
func (c *common) tellUndo(rows, kept int, p *past, output string) {
	said := plan.Count(rows, "row") + " to put back"
	if kept > 0 {
		said += ", " + plan.Count(kept, "value") + " that cannot be put back"
	}
	s := summaryOf(nil)
	s.Rows, s.Run, s.Next = rows, p.end.Run, p.end.Next
	switch {
	case p.running:
		said += "; run " + s.Run + " is still running: later changes are not included"
	case s.Next != "":
		said += "; run " + s.Run + " is unfinished"
	case rows > 0:
		s.Next = c.planCommand(output)
	}
	if s.Next != "" {
		said += "; next: " + s.Next
	}
	if !c.quiet || p.running || p.end.Next != "" {
		fmt.Fprintln(c.err, report.Printable(said))
	}
	if c.json && !toStandardOutput(output) {
		c.event(s)
	}
}

// writeUndo writes rows with only the columns that they need.
func writeUndo(w io.Writer, rows []manifest.Row) error {
	columns := []string{"image_id", "region_id"}
	if slices.ContainsFunc(rows, func(r manifest.Row) bool { return r.Profile != "" }) {
		columns = append(columns, "profile")
	}
	for field := range (ecs.Attributes{}).All() {
		wanted := func(r manifest.Row) bool { return *(*ecs.Attributes)(&r.Want).Field(field) != "" }
		if field == ecs.ImageName || slices.ContainsFunc(rows, wanted) {
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
