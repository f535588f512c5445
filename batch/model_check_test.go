package batch_test

import (
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// slack is added to the 10 s for which a read is good: the time that it takes.
const slack = time.Second

// checkSend checks a call that is about to be sent.
func (t *trace) checkSend(id string, set ecs.Attributes) {
	row, index := t.rowOf(id)
	if row == nil {
		t.violate("I1", "%s is of no row", id)
		return
	}
	switch set.ImageName {
	case "", row.Old.ImageName, row.Want.ImageName, temporaryOf(row):
	default:
		t.violate("I1", "%s is to be named %q", id, set.ImageName)
	}
	if set == (ecs.Attributes{}) {
		t.violate("I1", "an empty call for %s", id)
	}
	if last := t.records[len(t.records)-1]; last.Kind != history.Intent || last.Row != index || *last.Set != set {
		t.violate("I4", "%s: the journal does not say that it is sent", id)
	}
	for _, call := range t.pending {
		if call.id == id && call.set != set {
			t.violate("I7", "%s: %v is sent while %v may land", id, set, call.set)
		}
	}
	bound := 10*time.Second + slack + t.lag
	if t.met[stale] > 0 {
		bound += staleBy
	}
	if at, ok := t.touched[id]; ok && t.image(id).ImageName == foreignName(id) && time.Since(at) > bound {
		t.violate("I6", "%s: %q of somebody else is overwritten after %s", id, foreignName(id), time.Since(at))
	}
}

func (t *trace) rowOf(id string) (*plan.Row, int) {
	for i := range t.saved.Rows {
		if t.saved.Rows[i].ImageID == id {
			return &t.saved.Rows[i], i
		}
	}
	return nil, 0
}

// checkReport compares what a process reports with what there is, and with what
// there will be when all calls under way have landed.
func (t *trace) checkReport(final bool) {
	t.land(time.Now())
	landed := t.copy()
	landed.land(time.Now().Add(time.Hour))
	for _, w := range []*world{t.world, landed} {
		for i := range t.saved.Rows {
			t.checkRow(w, i, final)
		}
	}
}

// checkRow checks what is reported of one row.
func (t *trace) checkRow(w *world, index int, final bool) {
	row, outcome := &t.saved.Rows[index], t.results[index].Outcome
	id, is := row.ImageID, w.image(row.ImageID).Attributes
	at, touched := w.touched[id]
	asDesired := is.Changes(ecs.Attributes(row.Want)) == ecs.Attributes{}
	asBefore := is.ImageName == row.Old.ImageName
	parked := is.ImageName == temporaryOf(row)
	if parked && outcome != plan.Stranded && (final || outcome != plan.Unknown) {
		t.violate("I3", "%s is parked, and reported as %s", id, outcome)
	}
	switch outcome {
	case plan.Applied, plan.Unchanged:
		if !asDesired && (!touched || at.Before(t.seen[id])) {
			t.violate("I2", "%s is reported as %s and named %q", id, outcome, is.ImageName)
		}
		if (w.ours[id] > 0) != (outcome == plan.Applied) {
			t.violate("I5", "%s is reported as %s after %d changes of ours", id, outcome, w.ours[id])
		}
	case plan.Failed, plan.Blocked, plan.Refused, plan.Pending:
		if !touched && !asBefore && !parked {
			t.violate("I5", "%s is reported as %s and named %q", id, outcome, is.ImageName)
		}
	case plan.Conflict:
		if !touched && !asBefore && !parked || !t.meddled() {
			t.violate("I5", "%s is reported as %s and named %q", id, outcome, is.ImageName)
		}
	case plan.Stranded:
		if !touched && !parked {
			t.violate("I3", "%s is reported as stranded and named %q", id, is.ImageName)
		}
	case plan.Unknown:
		if final {
			t.violate("L1", "%s is reported as unknown", id)
		}
	case plan.Undecided, plan.Planned:
		t.violate("I11", "%s is reported as %s", id, outcome)
	}
}

func (t *trace) meddled() bool { return t.met[meddleBefore]+t.met[meddleAfter] > 0 }

// checkStranded checks that no image is stranded whose old or desired name could
// be had.
func (t *trace) checkStranded() {
	for i, r := range t.results {
		row := &t.saved.Rows[i]
		if r.Outcome == plan.Stranded && (t.vacant(row.Old.ImageName) || t.holder(row.Want.ImageName) == "") {
			t.violate("L4", "%s is stranded, and could be %q or %q", row.ImageID, row.Old.ImageName, row.Want.ImageName)
		}
	}
}

// vacant reports whether nobody has the name, or an image that we moved and that
// can go back.
func (t *trace) vacant(name string) bool {
	holder := t.holder(name)
	if holder == "" {
		return true
	}
	row, _ := t.rowOf(holder)
	_, touched := t.touched[holder]
	return row != nil && !touched && t.ours[holder] > 0 && name == row.Want.ImageName && t.vacant(row.Old.ImageName)
}

// checkEnd checks what has become of the plan when all processes have ended. It
// reports whether all of it is done.
func (t *trace) checkEnd() (good bool) {
	good = true
	for i, r := range t.results {
		id := t.saved.Rows[i].ImageID
		done := r.Outcome == plan.Applied || r.Outcome == plan.Unchanged
		good = good && done
		refusals := t.met[refusal] + t.met[down]
		if !done && refusals == 0 && !t.meddled() {
			t.violate("L2", "%s is %s although nothing speaks against it", id, r.Outcome)
		}
		if r.Outcome == plan.Stranded && refusals < 2 && t.life == 1 && !t.meddled() {
			t.violate("L3", "%s is stranded after one refusal", id)
		}
	}
	t.land(time.Now().Add(time.Hour))
	return good && !t.meddled()
}
