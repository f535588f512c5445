package lifecycle

import (
	"context"
	"errors"
	"fmt"

	"imgrename/batch"
	"imgrename/batch/plan"
)

// Guards keep a run from doing what was not meant.
type Guards struct {
	Limits plan.Limits
	Allow  []plan.Kind // risks that are accepted
	Strict bool        // every row must be possible
}

// Check says why a plan must not be applied: a [*StrictError], a [*GuardError],
// or nil. The lanes are those that the plan was made of.
func (g *Guards) Check(p *plan.Plan, lanes []plan.Inventory) error {
	if err := g.checkStrict(p); err != nil {
		return err
	}
	return g.checkLimits(p, lanes)
}

func (g *Guards) checkStrict(p *plan.Plan) error {
	totals := p.Totals()
	if rows := totals[plan.Refused] + totals[plan.Conflict] + totals[plan.Blocked]; g.Strict && rows > 0 {
		return &StrictError{rows}
	}
	return nil
}

// checkLimits compares a plan with limits and risks. Its account was compared
// when its lanes were found.
func (g *Guards) checkLimits(p *plan.Plan, lanes []plan.Inventory) error {
	limits := g.Limits
	limits.ExpectAccount = ""
	met := flatten(errors.Join(limits.Check(p, lanes), p.CheckRisks(g.Allow...)))
	if len(met) == 0 {
		return nil
	}
	return &GuardError{met}
}

// checkAccounts compares the accounts behind the credentials with the expected
// one and with those of a saved plan, before anything is listed.
func (g *Guards) checkAccounts(s *Source, conn *Connection) error {
	expect := g.Limits.ExpectAccount
	for _, lane := range conn.Lanes {
		if lane.API != nil && expect != "" && lane.Account != expect {
			return &AccountError{(&plan.AccountError{Lane: lane.Lane, Expect: expect}).Error()}
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

// A budget stops a run when too many of its rows have failed.
type budget struct {
	limits  plan.Limits
	planned int
	failed  int
	stop    context.CancelCauseFunc
}

func (b *budget) note(e Row) {
	if e.Kind != batch.Decided || b.planned == 0 {
		return
	}
	switch e.Result.Outcome {
	case plan.Failed, plan.Conflict, plan.Unknown, plan.Stranded:
		b.failed++
	default:
		return
	}
	if err := b.limits.CheckFailures(b.failed, b.planned); err != nil {
		b.stop(err)
	}
}
