package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"imgrename/batch"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// A StoppedError is a job that was stopped before its images were listed:
// nothing was done.
type StoppedError struct{ Cause error }

func (e *StoppedError) Error() string { return e.Cause.Error() + "; nothing was done" }
func (e *StoppedError) Unwrap() error { return e.Cause }

// A NoLaneError is a job none of whose lanes can be used or read. It wraps why.
type NoLaneError struct{ Err error }

func (e *NoLaneError) Error() string { return e.Err.Error() }
func (e *NoLaneError) Unwrap() error { return e.Err }

// Draft finds the lanes of a source. The caller closes the draft. The error is
// an [*AccountError] or what Connect returned.
func (l *Life) Draft(ctx context.Context, s Source) (*Draft, error) {
	l.Tell(Reading{Rows: len(s.Rows)})
	conn, err := l.Connect(ctx, s.Rows)
	if err != nil {
		return nil, err
	}
	if err := l.Guards.checkAccounts(&s, conn); err != nil {
		conn.Close()
		return nil, err
	}
	if s.Saved != nil { // its rows are in the plan
		s.Rows, conn.Requests = nil, nil
	}
	return &Draft{Source: s, Connection: conn, fit: plan.Compare}, nil
}

// List reads the images of the lanes and makes the plan. The error is a
// [*StoppedError], or a [*NoLaneError] if no lane can be read; what is wrong
// with one of several lanes is in the plan.
func (l *Life) List(ctx context.Context, d *Draft) (err error) {
	l.Tell(List)
	d.Plan, d.seen = nil, time.Now()
	if d.Inventories, err = batch.Load(ctx, d.Lanes); err != nil {
		return &StoppedError{err}
	}
	l.Tell(d.reading())
	if err := unread(d.Inventories); err != nil {
		return err
	}
	if d.Saved == nil {
		batch.FindForeign(ctx, d.Lanes, d.Requests, d.Inventories)
	}
	for i, inventory := range d.Inventories {
		if why := d.waits[inventory.Lane]; why != nil {
			d.Inventories[i] = plan.Inventory{Lane: inventory.Lane, Unread: why}
		}
	}
	if d.Saved != nil {
		d.Plan = d.fit(d.Saved.Plan, d.Inventories)
	} else {
		d.Plan = plan.New(d.Requests, d.Inventories)
	}
	return nil
}

// unread returns a [*NoLaneError] if no lane at all could be read.
func unread(inventories []plan.Inventory) error {
	var problems []error
	for _, inventory := range inventories {
		if inventory.Unread == nil {
			return nil
		}
		problems = append(problems, fmt.Errorf("region %s: %w", inventory.Lane.Region, inventory.Unread))
	}
	if len(problems) == 0 {
		return nil // an empty manifest that was allowed
	}
	return &NoLaneError{errors.Join(problems...)}
}

// mayStart checks all that can keep a job from starting. open are the runs of
// other jobs that are to be closed for it.
func (l *Life) mayStart(ctx context.Context, d *Draft, open []runs.Info) error {
	l.Tell(Check)
	err := l.guard(d, open)
	if err == nil && d.Saved != nil && l.State != nil {
		if err := l.State.PlanUsed(d.Saved.Sum); err != nil {
			return err
		}
	}
	if err == nil {
		err = l.Consent(ctx, d.Plan, open)
	}
	if err != nil {
		return &RefusedError{d.Plan, d.Extra, err}
	}
	return nil
}

// guard checks limits and risks.
func (l *Life) guard(d *Draft, open []runs.Info) error {
	guards := l.Guards
	if len(open) > 0 && ringOpen(d.Inventories) { // all are checked once the ring is closed
		guards = guards.whileOpen()
	}
	return guards.Check(d.Plan, d.Inventories)
}
