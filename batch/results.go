package batch

import (
	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// decidePlanned decides the rows of which the plan says that nothing is to be
// done, and credits those that earlier processes have done.
func (r *run) decidePlanned() {
	for i := range r.Plan.Rows {
		row := &r.Plan.Rows[i]
		r.results[i].Outcome = row.Verdict
		if r.credit(i) {
			r.credited[row.Lane] = append(r.credited[row.Lane], i)
			r.events.put(i, Acknowledged)
			continue
		}
		if row.Verdict == plan.Planned || row.Problem != nil && r.homeward[i] {
			r.results[i].Outcome = plan.Undecided
			continue
		}
		held := history.Foreseen(row)
		r.results[i].Code, r.results[i].Message, r.results[i].RequestID = held.Code, held.Message, held.RequestID
		r.events.put(i, Decided)
	}
}

// credit gives a row what earlier processes did for it, and reports whether
// they have done it: an image that is as desired after a call of ours was
// changed by us. That is still to be confirmed: the listing that shows it may
// be older than a late call.
func (r *run) credit(row int) (done bool) {
	p, ok := r.Past[row]
	if !ok {
		return false
	}
	result := &r.results[row]
	result.Attempts, result.Started = p.Attempts, p.Started
	r.creditEdits(row, p)
	if r.Plan.Rows[row].Verdict == plan.Unchanged && p.Sent {
		result.Outcome, result.RequestID, result.Finished = plan.Applied, p.RequestID, now()
		return true
	}
	return false
}

// creditEdits notes what earlier processes have edited of a row, as far as the
// listing of this one still shows it.
func (r *run) creditEdits(i int, p history.Past) {
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

// parkedRow returns the row whose image an earlier process has left parked in
// an open ring. No image waits for a temporary name, so it is the last one.
func parkedRow(open *plan.Chain) int {
	steps := open.Steps
	if len(steps) == 0 {
		steps = open.Home()
	}
	return steps[len(steps)-1].Row
}

// noteOpen notes the rows of rings that an earlier process has left open: those
// whose images are parked, and those that the way home leads through.
func (r *run) noteOpen() {
	r.parked, r.homeward = make(map[int]bool), make(map[int]bool)
	for i := range r.Plan.Chains {
		c := &r.Plan.Chains[i]
		if c.Open {
			r.parked[parkedRow(c)] = true
		}
		for _, step := range c.Home() {
			r.homeward[step.Row] = true
		}
	}
}

// heldBack is the end of a row that the plan holds back.
func heldBack(row *plan.Row) end {
	return end{outcome: row.Verdict, code: row.Problem.Code, message: row.Problem.Message, requestID: row.Problem.RequestID}
}

// decide gives a row its outcome. An applied one is still to be confirmed.
func (c *chainRun) decide(row int, e end) {
	if _, edited := c.edited[row]; (edited || c.run.Past[row].Sent) && e.outcome == plan.Unchanged {
		e.outcome = plan.Applied // a call of ours before this one made the difference
	}
	r := &c.run.results[row]
	r.Outcome, r.Code, r.Message, r.RequestID = e.outcome, e.code, e.message, e.requestID
	if !r.Started.IsZero() {
		r.Finished = now()
	}
	if r.Outcome == plan.Applied {
		c.run.events.put(row, Acknowledged)
	} else {
		c.run.events.put(row, Decided)
	}
}

// undecided reports whether the row still waits for its outcome.
func (c *chainRun) undecided(row int) bool { return c.run.results[row].Outcome == plan.Undecided }

// noteRead compares what is known of a row's edits with its image as it was
// read; see [history.Result.Seen].
func (r *run) noteRead(row int, image ecs.Attributes, settled bool) {
	r.results[row].Seen(image, r.original(row), (*ecs.Attributes)(&r.Plan.Rows[row].Want), settled)
}

// original returns the values that a row's image had when the run began.
func (r *run) original(row int) *ecs.Attributes {
	if r.Old != nil {
		return r.Old[row]
	}
	return r.Plan.Rows[row].Old
}

// observe tells the observers of all events until there are no more.
func (r *run) observe() {
	for list, aside := r.events.take(nil); len(list) > 0; list, aside = r.events.take(list) {
		for _, e := range list {
			switch {
			case e.Kind == ofDetail:
				r.ObserveDetail(aside.details[e.Row])
			case e.Kind != ofLane:
				r.observeRow(e)
			case r.ObserveLane != nil:
				r.ObserveLane(aside.lanes[e.Row])
			}
		}
	}
}

// observeRow records how a row ended, and tells its observer of the event.
func (r *run) observeRow(e Event) {
	var result history.Result
	if e.Kind == Decided {
		result = r.results[e.Row]
		r.records.end(e.Row, result)
	}
	if r.Observe != nil {
		r.Observe(e, result)
	}
}
