package batch

import (
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
		image.ImageName = r.Lanes[row.Lane].temporaryName(row)
	}
	settled := p.Late == nil || !p.Late.At.Add(r.Lanes[row.Lane].Retry.Settle).After(r.Seen)
	r.noteRead(i, image, settled)
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

// decidePlanned settles the rows that the plan holds back.
func (r *run) decidePlanned() {
	for i, row := range r.Plan.Rows {
		r.results[i].Outcome = row.Verdict
		if r.credit(i) {
			r.credited[row.Lane] = append(r.credited[row.Lane], i)
			r.events.put(i, Acknowledged)
			continue
		}
		if row.Verdict == plan.Planned {
			r.results[i].Outcome = plan.Undecided
			continue
		}
		if row.Problem != nil {
			r.results[i].Code, r.results[i].Message = row.Problem.Code, row.Problem.Message
		}
		r.events.put(i, Decided)
	}
}

// parkedRow is the row whose image an earlier run has left parked in an open
// ring: nobody wants a temporary name, so it is the one that nobody waits for.
func parkedRow(open *plan.Chain) int { return open.Steps[len(open.Steps)-1].Row }
