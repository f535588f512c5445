package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/manifest"
	"imgrename/report"
)

func newUndo(c *common) *cobra.Command {
	output := ""
	cmd := &cobra.Command{
		Use:   "undo RUN [-o FILE]",
		Short: "Write a manifest that puts a run's old values back",
		Long: `Write a manifest that puts back what a run has changed.

It is a manifest like any other: check, plan and apply it. Each value is put
back only where it is still as the run left it, also of rows that were done in
part. What cannot be put back is listed on standard error: values that were
empty, changes that have no way back, what somebody else may have changed since.`,
		Args: exactlyOne("a run"),
		RunE: func(_ *cobra.Command, args []string) error { return c.undo(args[0], output) },
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this `file` instead of standard output")
	return cmd
}

func (c *common) undo(id, output string) error {
	r, err := c.rebuild(id)
	if err != nil {
		return err
	}
	rows, kept := batch.Undo(r.Plan, r.Results)
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
	if !c.quiet {
		fmt.Fprintf(c.err, "%s to put back, %s not\n", plural(len(rows), "row"), plural(len(kept), "value"))
	}
	return nil
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
