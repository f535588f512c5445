package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/report"
)

// runOffline shows a saved plan as it was made, with nothing but its file: no
// network, no credentials.
func (d *dry) runOffline(path string) error {
	switch {
	case d.output != "":
		return &usageError{errors.New("--offline makes no plan, and -o would save one")}
	case d.verify:
		return &usageError{errors.New("--offline and --verify cannot be used together")}
	case d.simulate != "":
		return &usageError{errors.New("--offline and --simulate cannot be used together")}
	}
	if err := errors.Join(d.keepApart("", theManifest(path), d.globs()), d.guards.check()); err != nil {
		return err
	}
	src, err := d.readSource(path)
	if err == nil && src.Saved == nil {
		err = &usageError{errors.New("--offline needs a saved plan, and this is a manifest")}
	}
	if err == nil {
		err = d.checkSource(src)
	}
	if err != nil {
		return err
	}
	saved := src.Saved
	t := d.toldOfPlan(saved.Plan, lifecycle.ReviewOf(saved), src.Extra, d.aboutSource(&src))
	s := summaryOf(t.Results)
	s.Plan, s.Made = saved.Sum, &saved.Info.Created
	s.estimate(saved.Plan, d.rate)
	s.review(saved.Plan, t.review)
	d.earlier.compare(saved.Plan)
	if err := d.writeReports(t); err != nil {
		return err
	}
	if saved.Plan.Totals()[plan.Planned] > 0 {
		s.Next = t.info.Apply
	}
	d.stored = saved
	outcome := d.differing(saved.Plan)
	s.Exit = exitCode(outcome)
	return d.tell(t, s, outcome)
}

// tellOffline says where a plan comes from, and what is not known of it.
func (d *dry) tellOffline(w io.Writer) {
	saved := d.stored
	if saved == nil {
		return
	}
	var accounts []string
	for _, lane := range saved.Plan.Lanes {
		if lane.Account != "" && !slices.Contains(accounts, lane.Account) {
			accounts = append(accounts, lane.Account)
		}
	}
	of := "no account"
	if len(accounts) > 0 {
		of = "account " + strings.Join(accounts, ", ")
	}
	fmt.Fprintln(w, report.Printable(fmt.Sprintf("made %s (%s ago) from %s, for %s; not compared with the images as they are now",
		saved.Info.Created.UTC().Format(time.DateTime), ago(time.Since(saved.Info.Created)), saved.Info.Source, of)))
}

// ago is an age for a person.
func ago(age time.Duration) string {
	switch {
	case age < time.Minute:
		return "less than a minute"
	case age < 48*time.Hour:
		return strings.TrimSuffix(age.Truncate(time.Minute).String(), "0s")
	}
	return plan.Count(int(age.Hours()/24), "day")
}
