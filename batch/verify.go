package batch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// A Verdict is what the service says about a row's call before it is sent.
type Verdict struct {
	Row int
	// Refused is why the call would be refused, Unknown why that could not be
	// learnt; one of them is set.
	Refused *plan.Problem
	Unknown error
}

// Verify asks the service about the call of each planned row: whether the keys may
// send it, and whether it takes the values. It changes nothing, and goes at the
// pace of writes. A name that another image of the plan still has is left out,
// since the service would call it taken. The result are the rows that are refused
// or of which nothing is learnt; verdicts come in no order. The error is the cause
// of ctx, or [ecs.ErrNotDry]: then the image of the row may have been changed.
func Verify(ctx context.Context, p *plan.Plan, lanes []Lane, workers int) ([]Verdict, error) {
	v := &verification{plan: p, sets: questions(p)}
	rows := make([][]int, len(lanes))
	for i := range p.Rows {
		if v.sets[i] != (ecs.Attributes{}) {
			rows[p.Rows[i].Lane] = append(rows[p.Rows[i].Lane], i)
		}
	}
	all, ctx := errgroup.WithContext(ctx)
	for i, lane := range lanes {
		if len(rows[i]) > 0 {
			all.Go(func() error { return v.lane(ctx, lane, rows[i], workers) })
		}
	}
	err := all.Wait()
	return v.verdicts, err
}

// questions returns what is asked for each row: what its steps set in the end,
// without names that an image still has; nothing for a ring that an earlier run
// left open, which has to be closed whatever the answer.
func questions(p *plan.Plan) []ecs.Attributes {
	sets := make([]ecs.Attributes, len(p.Rows))
	type place struct {
		lane int
		name string
	}
	held := make(map[place]bool)
	for i := range p.Rows {
		held[place{p.Rows[i].Lane, p.Rows[i].Old.ImageName}] = true
	}
	for i := range p.Chains {
		for _, s := range p.Chains[i].Steps {
			if !s.Park && !p.Chains[i].Open {
				sets[s.Row] = sets[s.Row].Apply(*s.Set)
			}
		}
	}
	for i := range sets {
		set, row := &sets[i], &p.Rows[i]
		name := set.ImageName
		if held[place{row.Lane, name}] {
			set.ImageName = ""
		}
		if name != "" && *set == (ecs.Attributes{}) { // a name that nobody has asks for the right at least
			lane := p.Lanes[row.Lane]
			set.ImageName = plan.TemporaryName(lane.Account, lane.Region, row.ImageID, name)
		}
	}
	return sets
}

// A verification is the questions of one plan and what is learnt.
type verification struct {
	plan *plan.Plan
	sets []ecs.Attributes

	mu       sync.Mutex
	verdicts []Verdict
}

// lane asks about the rows of a lane. The first answer is waited for: should the
// service not know the kind of question, it is asked only once. Once a question
// stays without an answer, however often it is asked, the rows that are left are
// not asked about.
func (v *verification) lane(ctx context.Context, lane Lane, rows []int, workers int) error {
	defer lane.watching()()
	var silent atomic.Pointer[error]
	ask := func(row int) error {
		if unknown := silent.Load(); unknown != nil {
			v.add(Verdict{Row: row, Unknown: *unknown})
			return nil
		}
		verdict, err := v.ask(ctx, lane, row)
		if err != nil {
			return err
		}
		if verdict.Unknown != nil {
			silent.Store(&verdict.Unknown)
		}
		v.add(verdict)
		return nil
	}
	if err := ask(rows[0]); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for _, row := range rows[1:] {
		g.Go(func() error { return ask(row) })
	}
	return g.Wait()
}

// add notes a verdict that says something.
func (v *verification) add(verdict Verdict) {
	if verdict.Refused == nil && verdict.Unknown == nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.verdicts = append(v.verdicts, verdict)
}

func (v *verification) ask(ctx context.Context, lane Lane, i int) (Verdict, error) {
	row, verdict := &v.plan.Rows[i], Verdict{Row: i}
	api := lane.API
	if other, ok := lane.Writers[row.Profile]; ok {
		api = other
	}
	paced := lane
	paced.Reads = lane.Writes // the service counts the questions among these
	wet, err := read(ctx, paced, func(ctx context.Context) (wet bool, err error) {
		err = api.VerifyImageAttribute(ctx, row.ImageID, v.sets[i])
		if errors.Is(err, ecs.ErrNotDry) {
			return true, nil // an error would be asked again
		}
		return false, err
	})
	switch {
	case ctx.Err() != nil:
		return verdict, context.Cause(ctx)
	case wet:
		return verdict, fmt.Errorf("%s: %w", row.ImageID, ecs.ErrNotDry)
	case err == nil:
		return verdict, nil
	}
	switch ecs.Classify(err) {
	case ecs.Duplicated:
		verdict.Refused = refusal(err)
		if name := v.sets[i].ImageName; name != "" {
			if holder := lane.holder(ctx, name); holder != "" {
				verdict.Refused.Code, verdict.Refused.ImageID = plan.NameTaken, holder
				verdict.Refused.Message = fmt.Sprintf("the name %q was taken by %s a moment ago", name, holder)
			}
		}
	case ecs.Refused, ecs.Forbidden, ecs.Down:
		verdict.Refused = refusal(err)
	default:
		verdict.Unknown = err
	}
	return verdict, nil
}

func refusal(err error) *plan.Problem {
	e := refused(err)
	return &plan.Problem{Code: e.code, Message: e.message, RequestID: e.requestID}
}
