package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// guards are the flags that keep a run from doing what nobody meant.
type guards struct {
	limits     plan.Limits
	failures   failureLimit
	allow      []string
	strict     bool
	expectPlan string
}

func (g *guards) bind(f *pflag.FlagSet) {
	f.Var((*atLeastOne)(&g.limits.MaxChanges), "max-changes", "refuse a run that changes more rows")
	f.Var((*percentage)(&g.limits.MaxChangePercent), "max-change-percent", "refuse a run that changes more of the images of a lane, in percent")
	f.Var(&g.failures, "max-failures", "stop the run when more rows have failed, a number or a percentage such as 5%")
	f.StringVar(&g.limits.ExpectAccount, "expect-account", "", "refuse to touch any other account than this `id`")
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
	g.limits.MaxFailures, g.limits.MaxFailurePercent = g.failures.rows, g.failures.percent
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
func (g *guards) checkSource(s source) error {
	switch {
	case g.expectPlan == "":
		return nil
	case s.saved == nil:
		return &usageError{errors.New("--expect-plan is for saved plans, and this is a manifest")}
	case g.expectPlan != s.saved.Sum:
		return &refusedError{fmt.Sprintf("the plan has the sum %s, not the one of --expect-plan", s.saved.Sum), "apply the plan that was approved, or approve this one"}
	}
	return nil
}

// checkAccounts holds the accounts behind the credentials against
// --expect-account and against a saved plan, before anything is listed.
func (g *guards) checkAccounts(s source, conn *connection) error {
	for _, lane := range conn.lanes {
		if lane.API != nil && g.limits.ExpectAccount != "" && lane.Account != g.limits.ExpectAccount {
			return &deniedError{hinted{
				&plan.AccountError{Lane: lane.Lane, Expect: g.limits.ExpectAccount},
				"check the profile and the credentials",
			}}
		}
	}
	if s.saved == nil {
		return nil
	}
	for i, row := range s.saved.Plan.Rows {
		planned, now := s.saved.Plan.Lanes[row.Lane], conn.lanes[conn.requests[i].Lane]
		if row.Problem == nil && now.Err == nil && now.Lane != planned {
			return &deniedError{hinted{
				fmt.Errorf("the plan is for account %s, the credentials are of %s", planned.Account, now.Account),
				"check the profile and the credentials",
			}}
		}
	}
	return nil
}

// checkPlan says why a plan must not be applied.
func (g *guards) checkPlan(p *plan.Plan, lanes []plan.Inventory) error {
	if err := g.checkStrict(p); err != nil {
		return err
	}
	return g.checkGuards(p, lanes)
}

// checkStrict holds a plan against --strict.
func (g *guards) checkStrict(p *plan.Plan) error {
	totals := p.Totals()
	if held := totals[plan.Refused] + totals[plan.Conflict] + totals[plan.Blocked]; g.strict && held > 0 {
		return &strictError{held}
	}
	return nil
}

// checkGuards holds a plan against limits and risks.
func (g *guards) checkGuards(p *plan.Plan, lanes []plan.Inventory) error {
	limits := g.limits
	limits.ExpectAccount = "" // held against the credentials already
	var met []error
	if err := limits.Check(p, lanes); err != nil {
		met = append(met, err)
	}
	var allowed []plan.Kind
	for _, kind := range plan.RiskKinds() {
		if slices.Contains(g.allow, kind.String()) {
			allowed = append(allowed, kind)
		}
	}
	if err := p.CheckRisks(allowed...); err != nil {
		met = append(met, err)
	}
	if len(met) == 0 {
		return nil
	}
	return refuse(errors.Join(met...))
}

// refuse makes limits and risks that were met one refusal, with the way past
// each of them.
func refuse(err error) *refusedError {
	var facts, ways []string
	var walk func(error)
	walk = func(err error) {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				walk(e)
			}
			return
		}
		facts = append(facts, err.Error())
		if h, ok := errors.AsType[interface {
			error
			Hint() string
		}](err); ok {
			ways = append(ways, h.Hint())
		}
	}
	walk(err)
	return &refusedError{strings.Join(facts, "; "), strings.Join(ways, "; ")}
}

// A budget stops a run when too many of its rows have failed.
type budget struct {
	limits  plan.Limits
	planned int
	failed  int
	stop    context.CancelCauseFunc
}

func (b *budget) note(e batch.Event, r history.Result) {
	if e.Kind != batch.Decided || b.planned == 0 {
		return
	}
	switch r.Outcome {
	case plan.Failed, plan.Conflict, plan.Unknown, plan.Stranded:
		b.failed++
	default:
		return
	}
	if err := b.limits.CheckFailures(b.failed, b.planned); err != nil {
		b.stop(err)
	}
}

// A strictError is a plan with rows that are held back, under --strict.
type strictError struct{ rows int }

func (e *strictError) Error() string {
	return plural(e.rows, "row") + " held back, and --strict allows none; nothing was done"
}

// Hint names the way out.
func (e *strictError) Hint() string {
	return "correct the rows or take them out, or have the others done without --strict"
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
