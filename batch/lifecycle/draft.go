package lifecycle

import (
	"errors"
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
	Close    func()         // closes idle connections
}

// A Draft is a source on its way to a run: its lanes and, once they are listed,
// their images and a plan.
type Draft struct {
	Source
	*Connection
	Plan        *plan.Plan
	Inventories []plan.Inventory
	seen        time.Time // when the reading of the images began
	// fit fits a saved plan to the images.
	fit func(saved *plan.Plan, now []plan.Inventory) *plan.Plan
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

// drop frees all that was read and planned: an earlier run has it too.
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
		return d.fit(d.Saved.Plan, inventories)
	}
	return plan.New(d.Requests, inventories)
}
