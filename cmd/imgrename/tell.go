package main

import (
	"fmt"
	"strings"

	"imgrename/report"
)

// An ending is what the last line says besides the counts.
type ending struct {
	why  string // why the run stopped early
	next string // the command to type next
}

// tell says how a plan or a run came out: the entries, the totals last. With
// --quiet it says nothing if all is well.
func (c *common) tell(r report.Report, e ending, outcome error) error {
	if c.json {
		c.event(summarise(r.Results, e.why, exitCode(outcome)))
		return outcome
	}
	if c.quiet && outcome == nil {
		return nil
	}
	if err := r.Text(c.out); err != nil {
		return err
	}
	fmt.Fprintln(c.out, strings.Join(e.parts(report.Counts(r.Results)), "; "))
	return outcome
}

func (e ending) parts(counts string) []string {
	parts := []string{counts}
	if e.why != "" {
		parts = append(parts, report.Printable(e.why))
	}
	if e.next != "" {
		parts = append(parts, "next: "+report.Printable(e.next))
	}
	return parts
}

func (c *common) rowEvents(r report.Report) {
	for i := range r.Results {
		c.event(rowEvent{"row", r.Line(i)})
	}
}
