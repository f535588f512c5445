package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/report"
)

// An ending is what the last line says besides the counts.
type ending struct {
	run       string // the run's id
	rehearsed string // the file whose images were played with; empty for the real ones
	why       string // why the run stopped early
	plan      string // the sum of the plan that was saved
	next      string // the command to type next
	running   bool   // another process is at work on the run
}

// standardOutput is what -o calls it.
const standardOutput = "-"

// toStandardOutput tells whether -o, as it was given, means that.
func toStandardOutput(path string) bool { return path == "" || path == standardOutput }

// planCommand is the command that plans a manifest that was written here, "" if
// it went to standard output.
func (c *common) planCommand(path string) string {
	if toStandardOutput(path) {
		return ""
	}
	return "imgrename plan " + shellArgument(path) + c.given.again(whereFlags, manifestFlags)
}

// writeResult writes what a command makes to a file, or to standard output.
func (c *common) writeResult(path string, write func(io.Writer) error) error {
	if toStandardOutput(path) {
		return write(c.out)
	}
	if err := report.WriteFile(path, write); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// tell says what a plan would do, the totals last.
func (c *common) tell(w io.Writer, p *plan.Plan, dry report.Report, e ending, outcome error) error {
	if c.json {
		c.planEvents(p, dry)
		c.event(summarise(dry.Results, e, exitCode(outcome)))
		return outcome
	}
	if c.quiet && outcome == nil {
		return nil
	}
	if err := report.Changes(w, p); err != nil {
		return err
	}
	c.lastLine(w, dry.Results, e)
	return outcome
}

// reportRefused reports on a plan that was not allowed to start: what would be
// changed, and what holds back rows that --strict does not allow.
func (c *common) reportRefused(p *prepared, refusal error) error {
	dry := report.DryRun(p.plan, p.extra)
	err := errors.Join(refusal, c.writeReports(dry))
	switch {
	case c.json:
		c.rowEvents("", dry)
		s := summarise(dry.Results, ending{rehearsed: c.simulate}, exitCode(err))
		s.Error, s.Hint = textOf(err), hintOf(err)
		c.event(s)
	case is[*strictError](refusal):
		held, more := heldBack(dry, shownProblems)
		_ = held.Text(c.err) // a sink never fails
		if more > 0 {
			fmt.Fprintf(c.err, "… and %d more\n", more)
		}
	}
	return err
}

// heldBack is a report of the first rows that a plan holds back, and how many more
// there are.
func heldBack(r report.Report, most int) (held report.Report, more int) {
	rows := new(plan.Plan)
	for i, result := range r.Results {
		switch result.Outcome {
		case plan.Refused, plan.Conflict, plan.Blocked:
		default:
			continue
		}
		if len(rows.Rows) == most {
			more++
			continue
		}
		rows.Rows = append(rows.Rows, r.Plan.Rows[i])
		held.Results = append(held.Results, result)
	}
	held.Plan = rows
	return held, more
}

// tellRun says how a run came out: the entries, the totals last. err is how it
// ends. With --quiet nothing is said if all is well.
func (c *common) tellRun(r report.Report, e ending, err error) error {
	switch {
	case c.json:
		s := summarise(r.Results, e, exitCode(err))
		s.Error, s.Hint = textOf(unsaid(err)), hintOf(unsaid(err))
		c.event(s)
		return nil
	case c.quiet && err == nil:
		return nil
	}
	if err := r.Text(c.out); err != nil {
		return err
	}
	c.lastLine(c.out, r.Results, e)
	return nil
}

func (c *common) lastLine(w io.Writer, results []history.Result, e ending) {
	parts := []string{report.Counts(results)}
	if e.run != "" {
		parts = append(parts, "run "+e.run)
	}
	if e.rehearsed != "" {
		parts = append(parts, "rehearsed on "+report.Printable(e.rehearsed)+", no image was changed")
	}
	if e.plan != "" {
		parts = append(parts, "saved as "+e.plan)
	}
	if e.why != "" {
		parts = append(parts, report.Printable(e.why))
	}
	if e.next != "" {
		parts = append(parts, "next: "+report.Printable(e.next))
	}
	fmt.Fprintln(w, strings.Join(parts, "; "))
}
