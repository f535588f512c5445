package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
)

// guards are the flags that keep a run from doing what nobody meant.
type guards struct {
	lifecycle.Guards
	allow      []string // the words of Allow
	expectPlan string
}

func (g *guards) bind(f *pflag.FlagSet) {
	l := &g.Limits
	f.Var(&parsed{"", "N", atLeastOne(&l.MaxChanges)}, "max-changes", "refuse a run that changes more rows")
	f.Var(&parsed{"", "P", percentage(&l.MaxChangePercent)}, "max-change-percent", "refuse a run that changes more of the images of a lane, in percent")
	f.Var(&parsed{"", "N|P%", maxFailures(l)}, "max-failures", "stop the run when more rows have failed, a number or a percentage such as 5%")
	f.StringVar(&l.ExpectAccount, "expect-account", "", "refuse to touch any other account than this `id`")
	f.StringSliceVar(&g.allow, "allow", nil, "`risks` to take: "+strings.Join(riskWords(), ", "))
	f.BoolVar(&g.Strict, "strict", false, "refuse a plan that has refused, conflict or blocked rows")
	f.StringVar(&g.expectPlan, "expect-plan", "", "refuse any saved plan but that with this `sum`, such as sha256:…")
}

// maxFailures sets a limit such as 10 or 5%; the last one counts.
func maxFailures(l *plan.Limits) func(string) error {
	return func(s string) error {
		l.MaxFailures, l.MaxFailurePercent = 0, 0
		if strings.HasSuffix(s, "%") {
			return percentage(&l.MaxFailurePercent)(s)
		}
		return atLeastOne(&l.MaxFailures)(s)
	}
}

func riskWords() []string {
	var words []string
	for _, kind := range plan.RiskKinds() {
		words = append(words, kind.String())
	}
	return words
}

// check reads the words of the risks.
func (g *guards) check() error {
	var problems []error
	for _, word := range g.allow {
		i := slices.Index(riskWords(), word)
		if i < 0 {
			problems = append(problems, fmt.Errorf("--allow %q: not a risk; there are %s", word, strings.Join(riskWords(), ", ")))
			continue
		}
		g.Allow = append(g.Allow, plan.RiskKinds()[i])
	}
	return badUsage(problems...)
}

// checkSource holds a saved plan against --expect-plan.
func (g *guards) checkSource(s lifecycle.Source) error {
	switch {
	case g.expectPlan == "":
		return nil
	case s.Saved == nil:
		return &usageError{errors.New("--expect-plan is for saved plans, and this is a manifest")}
	case g.expectPlan != s.Saved.Sum:
		return &refusedError{fmt.Sprintf("the plan has the sum %s, not the one of --expect-plan", s.Saved.Sum), "apply the plan that was approved, or approve this one"}
	}
	return nil
}
