package main

import (
	"os"

	"golang.org/x/term"

	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/report"
)

// A terminal is what a person sees of an output stream; zero for another file.
type terminal struct {
	columns, lines int
	colors         bool
}

// terminalOf returns the terminal behind a file. NO_COLOR, and a TERM that says
// nothing of colours, turn them off.
func terminalOf(file *os.File) terminal {
	columns, lines, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return terminal{}
	}
	kind := os.Getenv("TERM")
	return terminal{max(columns, 1), max(lines, 1), os.Getenv("NO_COLOR") == "" && kind != "" && kind != "dumb"}
}

// view returns how a plan is shown on a stream, with its rows or without.
func (c *common) view(on *sink, p *plan.Plan, r *review.Review, rows bool) report.View {
	return report.View{Plan: p, Review: r, Columns: on.columns, Color: on.colors && !c.noColor, Folded: !rows, Tongue: tongue()}
}

// showPlan writes a plan to a stream: the rows if they are wanted, then the review.
func (c *common) showPlan(on *sink, p *plan.Plan, r *review.Review, rows bool) error {
	v := c.view(on, p, r, rows)
	if rows {
		if err := v.WriteChanges(on); err != nil {
			return err
		}
	}
	return v.WriteReview(on)
}
