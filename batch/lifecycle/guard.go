package lifecycle

import (
	"errors"
	"fmt"
	"strings"

	"imgrename/batch/plan"
)

// Guards keep a run from doing what was not meant.
type Guards struct {
	Limits        plan.Limits
	Allow         []plan.Kind // risks that are accepted
	Protect       plan.Globs  // names that others rely on
	Strict        bool        // every row must be possible
	ExpectAccount string      // the only account that may be touched; "" for any
}

// A StrictError is a plan with rows that cannot be done, where every row must.
type StrictError struct{ Rows int }

func (e *StrictError) Error() string {
	return plan.Count(e.Rows, "row") + " cannot be done, and --strict is given; nothing was done"
}

// Hint names the way out.
func (e *StrictError) Hint() string {
	return "correct or remove these rows, or omit --strict to do the others"
}

// A GuardError is a plan that limits or risks refuse.
type GuardError struct {
	Limits []*plan.LimitError
	Risks  *plan.RiskError // nil if none is to blame
}

func (e *GuardError) Error() string { return e.join(error.Error) }

// Hint names the way past each limit and risk.
func (e *GuardError) Hint() string {
	return e.join(func(err error) string { return err.(interface{ Hint() string }).Hint() })
}

func (e *GuardError) join(text func(error) string) string {
	var texts []string
	for _, limit := range e.Limits {
		texts = append(texts, text(limit))
	}
	if e.Risks != nil {
		texts = append(texts, text(e.Risks))
	}
	return strings.Join(texts, "; ")
}

// Check returns why the plan of a draft must not be applied: a [*StrictError], a
// [*GuardError], or nil.
func (g *Guards) Check(d *Draft) error {
	totals := d.Plan.Totals()
	if rows := len(d.Plan.Rows) - totals[plan.Planned] - totals[plan.Unchanged]; g.Strict && rows > 0 {
		return &StrictError{rows}
	}
	e := &GuardError{Limits: g.Limits.Check(d.Plan, d.Inventories)}
	var outliers []int
	for i := range d.Review.Outliers {
		outliers = append(outliers, d.Review.Outliers[i].Row)
	}
	if limit := g.Limits.CheckOutliers(d.Plan, outliers); limit != nil {
		e.Limits = append(e.Limits, limit)
	}
	risky := errors.As(d.Plan.CheckRisks(g.Allow...), &e.Risks)
	if len(e.Limits) == 0 && !risky {
		return nil
	}
	return e
}

// whileOpen returns the guards without those that count rows that cannot be done:
// while a ring is open, there may be some that can be done once it is closed.
func (g Guards) whileOpen() Guards {
	g.Strict, g.Limits.Failures = false, plan.FailureLimit{}
	return g
}

// An AccountError is credentials of another account than the job is for.
type AccountError struct{ fact string }

func (e *AccountError) Error() string { return e.fact }

// Hint names the way out.
func (e *AccountError) Hint() string { return "check the profile and the credentials" }

// checkAccounts compares the accounts behind the credentials with the expected
// one and with those of a saved plan, before anything is listed.
func (g *Guards) checkAccounts(s *Source, conn *Connection) error {
	for _, lane := range conn.Lanes {
		if lane.API != nil && g.ExpectAccount != "" && lane.Account != g.ExpectAccount {
			return &AccountError{fmt.Sprintf("the account for %s is %s, --expect-account says %s", lane.Region, lane.Account, g.ExpectAccount)}
		}
	}
	if s.Saved == nil {
		return nil
	}
	for i, row := range s.Saved.Plan.Rows {
		planned, now := s.Saved.Plan.Lanes[row.Lane], conn.Lanes[conn.Requests[i].Lane]
		if row.Problem == nil && now.Err == nil && now.Lane != planned {
			return &AccountError{fmt.Sprintf("the plan is for account %s, the credentials are for %s", planned.Account, now.Account)}
		}
	}
	return nil
}
