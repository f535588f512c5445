package lifecycle

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/journal"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// The files of a run's folder that this package writes.
const (
	planFile    = "plan.json"
	journalFile = "journal.jsonl"
	reportFile  = "report.csv"
)

// An aim is what a run is taken up for.
type aim uint8

const (
	toFinish  aim = iota // to do what is left of it, or all of a new one
	toAbandon            // to close it: what is open is finished, nothing else begun
	toMakeWay            // the same, for the sake of another job
)

// A run is a plan that is being applied: what is to be done, where it is kept,
// and what earlier processes have done of it.
type run struct {
	plan  *plan.Plan
	lanes []batch.Lane
	seen  time.Time // when the reading of the images began
	extra []string
	aim   aim
	// old are the rows' old values from the run's first plan, which the report
	// shows; nil if plan is that plan.
	old  []*ecs.Attributes
	past map[int]history.Past
	// unplanned counts the rows that the run's first plan could not plan, since
	// their lane was out of reach: a resume cannot do them either.
	unplanned int
	others    []*Ending // runs of other jobs that keep some of the lanes
	folder    *runs.Run // nil in a rehearsal
	log       *journal.Log[history.Record]
	began     bool  // the calls
	broken    error // the error of closing the journal
}

// id returns the run's id, "" in a rehearsal.
func (r *run) id() string {
	if r.folder == nil {
		return ""
	}
	return r.folder.ID()
}

// row returns a row of the plan, with the old values of the run's first plan.
func (r *run) row(i int) plan.Row {
	row := r.plan.Rows[i]
	if r.old != nil {
		row.Old = r.old[i]
	}
	return row
}

// closeJournal syncs and closes the journal. It comes before the run's end is
// written: an end that survives a power loss implies a complete journal.
func (r *run) closeJournal() error {
	if r.log != nil {
		r.broken = cmp.Or(r.broken, r.log.Close())
	}
	return r.broken
}

func (r *run) closeFolder() error {
	if r.folder == nil {
		return nil
	}
	return r.folder.Close()
}

func (r *run) close() error { return errors.Join(r.closeJournal(), r.closeFolder()) }

// readPlan reads the plan that a run was sealed with.
func readPlan(folder *runs.Run) (*plan.Saved, error) {
	file, err := folder.Open(planFile)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	saved, err := plan.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("run %s: %s: %w", folder.ID(), planFile, err)
	}
	return saved, nil
}

// lockNames returns the names under which lanes are locked, for those lanes that
// calls go to.
func lockNames(lanes []batch.Lane) []string {
	var names []string
	for _, lane := range lanes {
		if lane.API != nil {
			names = append(names, lane.Lane.String())
		}
	}
	return names
}

// seal makes a run of a plan: from here on another process can finish it.
// Everything is on disk when seal returns.
func (l *Life) seal(d *Draft) (*run, error) {
	l.Tell(Seal)
	r, source, used := d.run(), d.Name, d.used()
	l.free(d)
	var err error
	if r.folder, err = l.State.NewRun(time.Now()); err != nil {
		return nil, err
	}
	if err = l.sealFiles(r, source, used); err != nil {
		return nil, errors.Join(err, l.unuse(r.folder, used), r.close())
	}
	return r, nil
}

// run returns the run of a draft's plan.
func (d *Draft) run() *run {
	return &run{
		plan: d.Plan, lanes: d.lanesOfPlan(), seen: d.seen, extra: d.Extra,
		unplanned: d.Plan.Totals()[plan.Pending], others: d.others,
	}
}

// free frees what was only needed to make the plan.
func (l *Life) free(d *Draft) {
	d.Inventories, d.Requests, d.Saved = nil, nil, nil
	l.Tell(Planned{Rows: len(d.Plan.Rows), Lanes: len(d.Lanes)})
}

// sealFiles writes the run's head first and its plan last. In between it marks a
// saved plan, by its checksum, as used. So a sealed run always has its mark, and
// before that the run's head tells which mark does not count.
func (l *Life) sealFiles(r *run, source, used string) error {
	err := r.folder.Begin(runs.Head{
		Job: r.plan.JobHash(), Source: source, Lanes: lockNames(r.lanes), Rows: len(r.plan.Rows), Tool: l.Tool, Plan: used,
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

// reserve returns the bytes that a run's journal may take: three records for each
// call, and some to spare.
func reserve(p *plan.Plan) int64 {
	const each, most = 2 << 10, 256 << 20
	return min(int64(p.Calls()+32)*each, most)
}

// unuse lets a saved plan, by its checksum, be used again if the run it was used
// for was never sealed. The caller holds the run's lanes.
func (l *Life) unuse(folder *runs.Run, used string) error {
	if used == "" {
		return nil
	}
	file, err := folder.Open(planFile)
	if err == nil {
		return file.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil // it may be there: the plan stays used
	}
	return l.State.ForgetPlan(used, folder.ID())
}
