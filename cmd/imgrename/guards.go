package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
)

// guards are the flags that keep a run from doing what was not meant.
type guards struct {
	lifecycle.Guards
	allow        []string // Allow, in words
	protectNames string   // the file of Protect
	expectPlan   string
}

func (g *guards) bind(f *pflag.FlagSet) {
	l := &g.Limits
	f.Var(&parsed{"", "N", atLeastOne(&l.MaxChanges)}, "max-changes", "refuse to start if more than N rows would change")
	f.Var(&parsed{"", "P", percentage(&l.MaxChangePercent)}, "max-change-percent", "refuse to start if more than P percent of the images in any account and region would change")
	bindMaxFailures(f, &l.Failures)
	f.Var(&parsed{"", "N", g.setMaxOutliers}, "max-outliers", "refuse to start if more than N changes fit no rule that others follow; 0 is a limit, too")
	f.StringVar(&g.protectNames, "protect-names", "", "refuse to touch names that match a pattern in this `file`, one a line")
	f.StringVar(&g.ExpectAccount, "expect-account", "", "refuse to run on any account but this `id`")
	f.StringSliceVar(&g.allow, "allow", nil, "`risks` to accept: "+strings.Join(riskWords(), ", "))
	f.BoolVar(&g.Strict, "strict", false, "refuse to start unless every row can be done")
	f.StringVar(&g.expectPlan, "expect-plan", "", "apply the saved plan only if this is its `checksum`, such as sha256:…")
}

// bindMaxFailures binds a limit such as 10 or 5%. If set again, the last one counts.
func bindMaxFailures(f *pflag.FlagSet, l *plan.FailureLimit) {
	set := func(s string) error {
		*l = plan.FailureLimit{}
		if strings.HasSuffix(s, "%") {
			return percentage(&l.Percent)(s)
		}
		return atLeastOne(&l.Rows)(s)
	}
	f.Var(&parsed{"", "N|P%", set}, "max-failures", "stop once more than N rows (or P%) could not be done")
}

func riskWords() []string {
	var words []string
	for _, kind := range plan.RiskKinds() {
		words = append(words, kind.String())
	}
	return words
}

func (g *guards) setMaxOutliers(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return errors.New("must be a number, at least 0")
	}
	g.Limits.MaxOutliers = &n
	return nil
}

// check parses the risks of --allow and reads the file of --protect-names.
func (g *guards) check() error {
	problems := []error{g.readProtected()}
	for _, word := range g.allow {
		i := slices.Index(riskWords(), word)
		if i < 0 {
			problems = append(problems, fmt.Errorf("--allow %q: must be one of %s", word, strings.Join(riskWords(), ", ")))
			continue
		}
		g.Allow = append(g.Allow, plan.RiskKinds()[i])
	}
	return badUsage(problems...)
}

// globs is the file of --protect-names.
func (g *guards) globs() fileFor { return fileFor{"the file of --protect-names", g.protectNames} }

// readProtected reads the patterns of names. A file without one protects nothing,
// which nobody means.
func (g *guards) readProtected() error {
	if g.protectNames == "" {
		return nil
	}
	file, err := os.Open(g.protectNames)
	if err != nil {
		return fmt.Errorf("--protect-names: %w", err)
	}
	defer file.Close()
	g.Protect, err = plan.ParseGlobs(file)
	if err == nil && len(g.Protect) == 0 {
		err = errors.New("no patterns in it")
	}
	if err != nil {
		return fmt.Errorf("--protect-names %s: %w", g.protectNames, err)
	}
	return nil
}

// checkSource compares a saved plan with --expect-plan.
func (g *guards) checkSource(s lifecycle.Source) error {
	switch {
	case g.expectPlan == "":
		return nil
	case s.Saved == nil:
		return &usageError{errors.New("--expect-plan needs a saved plan, and this is a manifest")}
	case g.expectPlan != s.Saved.Sum:
		return &refusedError{fmt.Sprintf("the checksum of the plan is %s, not that of --expect-plan", s.Saved.Sum), "apply the plan that was approved, or approve this one"}
	}
	return nil
}
