package lifecycle

import (
	"errors"
	"io"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/journal"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// seal makes a run of a plan: from here on another process can finish it.
// Everything is on disk when seal returns.
func (l *Life) seal(d *Draft) (*run, error) {
	l.enter(Seal)
	r, source, used := d.run(), d.Name, d.used()
	l.letGo(d)
	var err error
	if r.folder, err = l.State.NewRun(time.Now()); err != nil {
		return nil, err
	}
	if err = l.sealFiles(r, source, used); err != nil {
		return nil, errors.Join(err, l.unuse(r.folder, used), r.close())
	}
	return r, nil
}

// run is a draft's plan, to be done.
func (d *Draft) run() *run {
	return &run{plan: d.Plan, lanes: d.lanesOfPlan(), seen: d.seen, extra: d.Extra}
}

// letGo frees what is not needed any more once the plan is settled.
func (l *Life) letGo(d *Draft) {
	d.Inventories, d.Requests, d.Saved = nil, nil, nil
	l.Tell(Planned{Rows: len(d.Plan.Rows), Lanes: len(d.Lanes)})
}

// sealFiles keeps what the run is about, and its plan last. A saved plan, by its
// checksum, is marked as used between the two: whenever the run is sealed the
// mark is there, and until then the run's head tells which mark does not count.
func (l *Life) sealFiles(r *run, source, used string) error {
	err := r.folder.Begin(runs.Head{
		Job: r.plan.JobHash(), Source: source, Lanes: laneNames(r.lanes), Rows: len(r.plan.Rows), Tool: l.Tool, Plan: used,
	})
	if err == nil && used != "" {
		err = l.State.UsePlan(used, r.id(), time.Now())
	}
	if err != nil {
		return err
	}
	if r.log, err = journal.Create[history.Record](journal.OSFolder(r.folder.Root()), journalFile, reserve(r.plan)); err != nil {
		return err
	}
	return r.folder.WriteFile(planFile, func(out io.Writer) error {
		_, err := plan.Encode(out, r.plan, plan.FileInfo{Tool: l.Tool, Created: time.Now(), Source: source, Extra: r.extra})
		return err
	})
}

// reserve is the room that a run's journal may take: three records for each
// call, and some to spare.
func reserve(p *plan.Plan) int64 {
	const each, most = 2 << 10, 256 << 20
	return min(int64(p.Calls()+32)*each, most)
}
