package lifecycle

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/manifest"
)

// A Source is what a job is made of: the rows of a manifest, or a saved plan.
type Source struct {
	Name  string         // as the user named it
	Rows  []manifest.Row // those of the saved plan, if there is one
	Extra []string       // names of the rows' extra columns
	Saved *plan.Saved    // nil for a manifest
	// Manifest is the SHA-256 of the manifest in hex, "" for a saved plan; Shard the
	// part of it that this is, as the user named it, "" for all.
	Manifest, Shard string
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
	Review      *review.Review // of the plan
	Inventories []plan.Inventory
	seen        time.Time // when the reading of the images began
	// fit fits a saved plan to the images.
	fit func(saved *plan.Plan, now []plan.Inventory) *plan.Plan
	// waits has the lanes in which runs of other jobs have left something, others
	// are those runs.
	waits  map[plan.Lane]error
	others []*Ending
}

// idle reports whether there is nothing to do, also once the runs of other jobs
// are closed.
func (d *Draft) idle() bool {
	totals := d.Plan.Totals()
	return totals[plan.Unchanged] == len(d.Plan.Rows) || totals[plan.Planned] == 0 && !ringOpen(d.Inventories)
}

// ringOpen reports whether an image is under a temporary name. Rows that are
// refused because of it may be possible once the ring is closed.
func ringOpen(lanes []plan.Inventory) bool {
	parked := func(i ecs.Image) bool { return plan.IsTemporary(i.ImageName) }
	return slices.ContainsFunc(lanes, func(l plan.Inventory) bool { return slices.ContainsFunc(l.Images, parked) })
}

// renamed returns the images that the plan renames.
func (d *Draft) renamed() map[string]bool {
	ids := make(map[string]bool)
	for i := range d.Plan.Rows {
		if r := &d.Plan.Rows[i]; r.Verdict == plan.Planned && r.Want.ImageName != "" {
			ids[r.ImageID] = true
		}
	}
	return ids
}

// waitFor notes a run of another job that could not be closed, and the lanes
// where it has left something: all of them, if it does not say where.
func (d *Draft) waitFor(other *Ending) {
	if d.waits == nil {
		d.waits = make(map[plan.Lane]error)
	}
	d.others = append(d.others, other)
	lanes := other.lanesLeft()
	if len(lanes) == 0 || other.Left || other.Stopped != nil || other.Unended != nil {
		lanes = other.Plan.Lanes
	}
	for _, lane := range lanes {
		d.waits[lane] = waiting(other)
	}
}

// waitsAll reports whether no lane is left for the job.
func (d *Draft) waitsAll() bool {
	free := func(lane batch.Lane) bool { return lane.API != nil && d.waits[lane.Lane] == nil }
	return !slices.ContainsFunc(d.Lanes, free)
}

// A waitingError says why a job has to wait for another one's run.
type waitingError struct{ fact string }

func (e *waitingError) Error() string { return e.fact }
func (*waitingError) Unwrap() error   { return plan.ErrNotFree }

func waiting(other *Ending) error {
	for i, r := range other.Results {
		if r.Outcome == plan.Stranded {
			return &waitingError{fmt.Sprintf("run %s of another job has left %s under a temporary name", other.Run, other.Plan.Rows[i].ImageID)}
		}
	}
	return &waitingError{fmt.Sprintf("run %s of another job must be resumed first", other.Run)}
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
	d.Source, d.Plan, d.Review, d.Inventories, d.Requests = Source{}, nil, nil, nil, nil
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
