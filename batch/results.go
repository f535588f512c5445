package batch

import (
	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// decide settles a row; an applied one is still to be confirmed.
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

// undecided tells whether the row still waits for its outcome.
func (c *chainRun) undecided(row int) bool { return c.run.results[row].Outcome == plan.Undecided }

func (r *run) observe() {
	for list, lanes := r.events.take(nil); len(list) > 0; list, lanes = r.events.take(list) {
		for _, e := range list {
			if e.Kind == ofLane {
				r.observeLane(lanes[e.Row])
				continue
			}
			var result history.Result
			if e.Kind == Decided {
				result = r.results[e.Row]
				r.records.end(e.Row, result)
			}
			if r.Observe != nil {
				r.Observe(e, result)
			}
		}
	}
}

func (r *run) observeLane(e LaneEvent) {
	if r.ObserveLane != nil {
		r.ObserveLane(e)
	}
}

// noteRead compares what is known of a row's edits with its image as it was read;
// see [history.Result.Seen].
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
