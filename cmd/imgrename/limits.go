package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
)

// guards are the flags that keep a run from doing what nobody meant.
type guards struct {
	limits        plan.Limits
	failures      failureLimit
	allow         []string
	strict        bool
	expectPlan    string
	expectAccount string
}

func (g *guards) bind(f *pflag.FlagSet) {
	f.Var((*atLeastOne)(&g.limits.MaxChanges), "max-changes", "refuse a run that changes more rows")
	f.Var((*percentage)(&g.limits.MaxChangePercent), "max-change-percent", "refuse a run that changes more of the images of a lane, in percent")
	f.Var(&g.failures, "max-failures", "stop the run when more rows have failed, a number or a percentage such as 5%")
	f.StringVar(&g.expectAccount, "expect-account", "", "refuse to touch any other account than this `id`")
	f.StringSliceVar(&g.allow, "allow", nil, "`risks` to take: "+strings.Join(riskWords(), ", "))
	f.BoolVar(&g.strict, "strict", false, "refuse a plan that has refused, conflict or blocked rows")
	f.StringVar(&g.expectPlan, "expect-plan", "", "refuse any saved plan but that with this `sum`, such as sha256:…")
}

func riskWords() []string {
	var words []string
	for _, kind := range plan.RiskKinds() {
		words = append(words, kind.String())
	}
	return words
}

// check refuses guards that mean nothing.
func (g *guards) check() error {
	var problems []error
	for _, word := range g.allow {
		if !slices.Contains(riskWords(), word) {
			problems = append(problems, fmt.Errorf("--allow %q: not a risk; there are %s", word, strings.Join(riskWords(), ", ")))
		}
	}
	if len(problems) > 0 {
		return &usageError{errors.Join(problems...)}
	}
	return nil
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

// inForce are the guards as a job knows them.
func (g *guards) inForce() lifecycle.Guards {
	l := lifecycle.Guards{Limits: g.limits, Strict: g.strict, ExpectAccount: g.expectAccount}
	l.Limits.MaxFailures, l.Limits.MaxFailurePercent = g.failures.rows, g.failures.percent
	for _, kind := range plan.RiskKinds() {
		if slices.Contains(g.allow, kind.String()) {
			l.Allow = append(l.Allow, kind)
		}
	}
	return l
}

// failureLimit is a flag such as 10 or 5%.
type failureLimit struct {
	rows    int
	percent float64
}

func (l *failureLimit) String() string {
	switch {
	case l.percent > 0:
		return strconv.FormatFloat(l.percent, 'f', -1, 64) + "%"
	case l.rows > 0:
		return strconv.Itoa(l.rows)
	}
	return ""
}

func (l *failureLimit) Type() string { return "N|P%" }

func (l *failureLimit) Set(s string) error {
	*l = failureLimit{}
	if number, ok := strings.CutSuffix(s, "%"); ok {
		return (*percentage)(&l.percent).Set(number)
	}
	return (*atLeastOne)(&l.rows).Set(s)
}

// atLeastOne is a limit in rows. It cannot be 0, which would mean "no limit" to
// us and "none at all" to whoever wrote it.
type atLeastOne int

func (n *atLeastOne) String() string {
	if *n == 0 {
		return ""
	}
	return strconv.Itoa(int(*n))
}

func (n *atLeastOne) Type() string { return "N" }

func (n *atLeastOne) Set(s string) error {
	v, err := strconv.Atoi(s)
	if err != nil || v < 1 {
		return errors.New("a number from 1")
	}
	*n = atLeastOne(v)
	return nil
}

// percentage is a limit in percent, above 0 for the same reason.
type percentage float64

func (p *percentage) String() string {
	if *p == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*p), 'f', -1, 64)
}

func (p *percentage) Type() string { return "P" }

func (p *percentage) Set(s string) error {
	v, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil || !(v > 0 && v <= 100) {
		return errors.New("a percentage is above 0 and at most 100")
	}
	*p = percentage(v)
	return nil
}
