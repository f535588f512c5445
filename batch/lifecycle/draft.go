package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"imgrename/batch"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// A Source is what a job is made of: the rows of a manifest, or a saved plan.
type Source struct {
	Name  string         // as the user named it
	Rows  []manifest.Row // those of the saved plan, if there is one
	Extra []string       // names of the rows' extra columns
	Saved *plan.Saved    // nil for a manifest
}

// SourceOf returns a saved plan as a source.
func SourceOf(name string, saved *plan.Saved) Source {
	s := Source{Name: name, Rows: make([]manifest.Row, 0, len(saved.Plan.Rows)), Extra: saved.Info.Extra, Saved: saved}
	for i := range saved.Plan.Rows {
		row := *saved.Plan.Rows[i].Row
		if p := saved.Plan.Rows[i].Problem; p != nil && p.Code == plan.InvalidRow {
			row.Invalid = []*manifest.Error{{Line: row.Line, Err: errors.New(p.Message)}}
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// A Connection is how the rows of a source reach the cloud.
type Connection struct {
	Lanes    []batch.Lane
	Requests []plan.Request // one for each row
	Close    func()         // lets go of what idles
}

// A Draft is a source on its way to a run: its lanes and, once they are listed,
// their images and a plan.
type Draft struct {
	Source
	*Connection
	Plan        *plan.Plan
	Inventories []plan.Inventory
	seen        time.Time // when the reading of the images began
}

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
	return &Draft{Source: s, Connection: conn}, nil
}

// List reads the images of the lanes and makes the plan. The error is a
// [*StoppedError], or a [*NoLaneError] if no lane can be read; what is wrong
// with one of several lanes is in the plan.
func (l *Life) List(ctx context.Context, d *Draft) (err error) {
	l.enter(List)
	d.Plan, d.seen = nil, time.Now()
	if d.Inventories, err = batch.Load(ctx, d.Lanes); err != nil {
		return &StoppedError{err}
	}
	l.Tell(d.reading())
	if err := unread(d.Inventories); err != nil {
		return err
	}
	if d.Saved != nil {
		d.Plan = plan.Compare(d.Saved.Plan, d.Inventories)
	} else {
		batch.FindForeign(ctx, d.Lanes, d.Requests, d.Inventories)
		d.Plan = plan.New(d.Requests, d.Inventories)
	}
	return nil
}

func (d *Draft) reading() Reading {
	size := Reading{Rows: len(d.Rows)}
	if d.Saved != nil {
		size.Rows = len(d.Saved.Plan.Rows)
	}
	for _, inventory := range d.Inventories {
		size.Images += len(inventory.Images)
	}
	return size
}

// unread is an error if no lane at all could be read.
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

// drop lets go of all that was read and planned: an earlier run has it too.
func (d *Draft) drop() {
	d.Source, d.Plan, d.Inventories, d.Requests = Source{}, nil, nil, nil
}

// used is the checksum of the saved plan, "" for a manifest.
func (d *Draft) used() string {
	if d.Saved == nil {
		return ""
	}
	return d.Saved.Sum
}

// lanesOfPlan returns the lanes in the plan's order: those of the connection,
// and behind them the lanes of a saved plan that could not be reached, in which
// there is nothing to do.
func (d *Draft) lanesOfPlan() []batch.Lane {
	lanes := slices.Clone(d.Lanes)
	for _, lane := range d.Plan.Lanes[len(lanes):] {
		lanes = append(lanes, batch.Lane{Lane: lane})
	}
	return lanes
}

// untried returns the plan of a draft whose lanes are not read for this reason.
func (d *Draft) untried(why error) *plan.Plan {
	inventories := make([]plan.Inventory, len(d.Lanes))
	for i, lane := range d.Lanes {
		inventories[i] = plan.Inventory{Lane: lane.Lane, Unread: why}
	}
	if d.Saved != nil {
		return plan.Compare(d.Saved.Plan, inventories)
	}
	return plan.New(d.Requests, inventories)
}
