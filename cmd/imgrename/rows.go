package main

// Which rows of a run a person sees, and the end of a mail from cron.

import (
	"fmt"
	"io"

	"imgrename/batch/plan"
	"imgrename/report"
)

// troubles is how many entries of problems stand above the totals.
const troubles = 20

// tellRows writes the rows of a run, as --rows says. On a terminal, rows that were
// applied are counted where they would fill the screen, and the problems are
// written again where they would have left it. With --quiet there are only the
// problems.
func (c *common) tellRows(w io.Writer, r report.Report) error {
	applied := 0
	for i := range r.Results {
		if r.Results[i].Outcome == plan.Applied {
			applied++
		}
	}
	problems := len(r.Urgent())
	switch {
	case c.quiet && c.rows == "all":
		return r.Problems(w, 0, tongue())
	case c.quiet || c.rows == "none":
		return r.Problems(w, troubles, tongue())
	case c.rows == "auto" && c.out.lines > 0 && applied > c.out.lines:
		applied = 0
		if err := r.Folded(w); err != nil {
			return err
		}
	default:
		if err := r.Text(w); err != nil {
			return err
		}
	}
	if c.out.lines == 0 || problems == 0 || applied+problems <= c.out.lines {
		return nil
	}
	fmt.Fprintf(w, "\nnot done, %s:\n", plan.Count(problems, "row"))
	return r.Problems(w, troubles, tongue())
}

// endMail writes the last line of a run with --quiet that did not succeed: for a
// person who gets it as a mail from cron, and has nothing else.
func (c *common) endMail() {
	e := &c.ended
	if !c.quiet || c.json || c.source == "" || e.Exit == codeOK || e.Exit == codeUsage {
		return
	}
	if e.Exit == codeIncomplete {
		hint := "correct these rows or images and apply the manifest again: what is done ends as unchanged"
		if e.Run != "" {
			hint = c.reportCommand(e.Run) + " shows every row; " + hint
		}
		for _, line := range tongue().Hints(hint) {
			fmt.Fprintln(c.err, "  "+line)
		}
	}
	var w io.Writer = c.err
	if c.concluded {
		w = c.out // where the rows went
	}
	e.Ended = fmt.Sprintf("exit code %d: %s", e.Exit, meaningOf(e.Exit))
	text := e.Ended
	if e.Rows > 0 {
		text = e.String()
	}
	fmt.Fprintln(w, report.Printable(c.source+": "+text))
}
