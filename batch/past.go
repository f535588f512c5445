package batch

import (
	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

// A Past is what earlier processes did for one row.
type Past struct {
	Attempts int32  // calls that count, as in [Result]
	Started  Moment // when the first was due
	Sent     bool   // a call may have been applied
	// Made are the attributes that acknowledged calls have set, or of which that
	// was read; Unsure those of calls whose fate is not known.
	Made, Unsure ecs.Fields
	// RequestID is that of the last call the API acknowledged.
	RequestID string
	// Name is the one that it gave, "" if it is the desired one: it may be the
	// old or a temporary one until the row has a result.
	Name string
	// Late is what may still land; zero if there is nothing.
	Late Late
}

// edits are the attributes that the row's calls have set to the desired values,
// and those of which that is not known.
func (p *Past) edits(wanted string) (edited, unsure ecs.Fields) {
	if p.Name == "" || !p.Made.Has(ecs.ImageName) {
		return p.Made, p.Unsure
	}
	return named(p.Made, p.Unsure, p.Name, wanted)
}

// credit gives a row what earlier processes did for it: an image that is as
// desired after a call of ours was changed by us. Such a row is still to be
// confirmed: the listing that shows it may be older than a late call.
func (r *run) credit(row int) (confirm bool) {
	p, ok := r.Past[row]
	if !ok {
		return false
	}
	result := &r.results[row]
	result.Attempts, result.Started = p.Attempts, p.Started
	r.recalled(row, p)
	if r.Plan.Rows[row].Verdict == plan.Unchanged && p.Sent {
		result.Outcome, result.RequestID, result.Finished = plan.Applied, p.RequestID, now()
		return true
	}
	return false
}

// recalled notes what earlier processes have edited of a row, as far as the
// listing of this one still shows it.
func (r *run) recalled(i int, p Past) {
	row, result := &r.Plan.Rows[i], &r.results[i]
	result.Edited, result.Unsure = p.edits(row.Want.ImageName)
	if !listed(row) {
		return
	}
	image := *row.Old
	if r.parked[i] || row.Verdict == plan.Stranded {
		lane := r.Plan.Lanes[row.Lane]
		image.ImageName = plan.TemporaryName(lane.Account, lane.Region, row.ImageID, row.Want.ImageName)
	}
	r.sees(i, image, !p.Late.At.Add(r.Lanes[row.Lane].Retry.Settle).After(r.Seen))
}

// listed tells whether the row's old values are those of the listing that the
// plan rests on: its lane was read, and its image was there.
func listed(row *plan.Row) bool {
	switch p := row.Problem; {
	case p == nil:
		return true
	case row.Verdict == plan.Failed, row.Verdict == plan.Pending:
		return p.Code == plan.Abandoned
	default:
		return p.Code != plan.NoSuchImage && p.Code != plan.NotOurs
	}
}

// openRows are the rows whose images an earlier process has left parked in a
// ring that the plan goes on with.
func openRows(chains []plan.Chain) map[int]bool {
	rows := make(map[int]bool)
	for i := range chains {
		if chains[i].Open {
			rows[parkedRow(&chains[i])] = true
		}
	}
	return rows
}
