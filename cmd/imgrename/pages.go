package main

// Reports that are pages for a person: Markdown and HTML.

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/report"
	"imgrename/report/page"
)

// checkReport returns nil if a report can be written to path, else the reason.
func checkReport(path string) error {
	if page.Is(path) {
		return report.CheckPlace(path)
	}
	err := report.CheckFile(path)
	if errors.Is(err, report.ErrFormat) {
		return errors.New("a report's name must end in .csv, .jsonl, .md or .html")
	}
	return err
}

// A told is what a report tells of: rows, and what a page says besides.
type told struct {
	report.Report
	review *review.Review // nil if that is not known
	info   page.Info
	run    page.Run // zero before a run
}

// page returns the page of a report. Before a run it has no results.
func (t *told) page() *page.Page {
	p := &page.Page{Plan: t.Plan, Review: cmp.Or(t.review, new(review.Review)), Info: t.info, Run: t.run}
	if t.run != (page.Run{}) {
		p.Results = t.Results
	}
	return p
}

// write writes a report to a file whose extension selects the format.
func (t *told) write(path string) error {
	if page.Is(path) {
		return t.page().WriteFile(path)
	}
	return t.WriteFile(path)
}

// writeReports writes the copies of --report.
func (c *common) writeReports(t *told) error {
	var failures []error
	for _, file := range c.reports {
		if err := t.write(file); err != nil {
			c.unwritten = true
			failures = append(failures, fmt.Errorf("the report could not be written: %s: %w", file, err))
		}
	}
	return errors.Join(failures...)
}

// toldOfPlan is what is told of a plan that is not carried out.
func (c *common) toldOfPlan(p *plan.Plan, r *review.Review, extra []string, info page.Info) *told {
	info.Rehearsed = c.simulate
	return &told{Report: report.DryRun(p, extra), review: r, info: info}
}

// toldOf is what is told of a job that has ended.
func (c *common) toldOf(e *lifecycle.Ending, again string) *told {
	t := &told{Report: reportOf(e), review: e.Review, info: c.about}
	t.info.Apply, t.info.Rehearsed = "", c.simulate
	if e.Run == "" && !e.Applied {
		return t
	}
	t.run = page.Run{ID: e.Run, Why: textOf(e.Stopped), Ended: time.Now().UTC()}
	if e.Standing() >= history.Unfinished {
		t.run.Next = c.nextAfter(e, again)
	}
	if e.Run != "" {
		t.info.Where = "the output of " + c.reportCommand(e.Run) + " --format html"
	}
	return t
}

// aboutSource is what a page says of a source: where the plan comes from, and how
// exactly this plan is applied.
func (c *common) aboutSource(s *lifecycle.Source) page.Info {
	info := page.Info{Tool: version, Made: time.Now().UTC(), Source: s.Name, Apply: c.applyCommand(s.Name, s.Saved != nil)}
	if s.Saved != nil {
		info.Made, info.Sum = s.Saved.Info.Created, s.Saved.Sum
		info.Apply = exactly(info.Apply, info.Sum)
	}
	return info
}

// exactly makes a command that applies a saved plan refuse any other.
func exactly(command, sum string) string {
	if command == "" {
		return ""
	}
	return command + " --expect-plan " + sum
}
