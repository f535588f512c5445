package batch

import (
	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

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
func (r *run) recalled(i int, p history.Past) {
	row, result := &r.Plan.Rows[i], &r.results[i]
	result.Edited, result.Unsure = p.Edits(row.Want.ImageName)
	if !listed(row) {
		return
	}
	image := *row.Old
	if r.parked[i] || row.Verdict == plan.Stranded {
		lane := r.Plan.Lanes[row.Lane]
		image.ImageName = plan.TemporaryName(lane.Account, lane.Region, row.ImageID, row.Want.ImageName)
	}
	settled := p.Late == nil || !p.Late.At.Add(r.Lanes[row.Lane].Retry.Settle).After(r.Seen)
	r.sees(i, image, settled)
}

// sees compares what is known of a row's edits with its image as it was read;
// see [history.Result.Seen].
func (r *run) sees(row int, image ecs.Attributes, settled bool) {
	r.results[row].Seen(image, r.before(row), (*ecs.Attributes)(&r.Plan.Rows[row].Want), settled)
}

// before returns the values that a row's image had when the run began.
func (r *run) before(row int) *ecs.Attributes {
	if r.Old != nil {
		return r.Old[row]
	}
	return r.Plan.Rows[row].Old
}

// listed reports whether the row's old values are those of the listing that the
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

// openRows returns the rows whose images an earlier process has left parked in a
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
