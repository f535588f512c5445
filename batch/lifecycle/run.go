package lifecycle

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/journal"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/batch/runs"
)

// The files of a run's folder that this package writes, and the one that package
// runs does.
const (
	headFile    = "head.json"
	planFile    = "plan.json"
	journalFile = "journal.jsonl"
)

// ReportFile is the name of the report in a run's folder.
const ReportFile = "report.csv"

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
	// reviewed is the review of the run's first plan, nil if that has none.
	reviewed *review.Review
	seen     time.Time // when the reading of the images began
	extra    []string
	aim      aim
	// old are the rows' old values from the run's first plan, which the report
	// shows; nil if plan is that plan.
	old  []*ecs.Attributes
	past map[int]history.Past
	// unplanned counts the rows that the run's first plan could not plan, since
	// their lane was out of reach: a resume cannot do them either.
	unplanned int
	others    []*Ending // runs of other jobs that keep some of the lanes
	budget    *budget   // nil for no limit
	folder    *runs.Run // nil in a rehearsal
	log       *journal.Log[history.Record]
	watch     *watch // of the log
	began     bool   // the calls
	broken    error  // the error of closing the journal
}

// id returns the run's id, "" in a rehearsal.
func (r *run) id() string {
	if r.folder == nil {
		return ""
	}
	return r.folder.ID()
}

// row returns a row of the plan as reports show it, with the old values of the run's
// first plan.
func (r *run) row(i int) plan.Row {
	old := r.plan.Rows[i].Old
	if r.old != nil {
		old = r.old[i]
	}
	return r.plan.Unparked(i, old)
}

// shown returns the plan with the rows as reports show them.
func (r *run) shown() *plan.Plan {
	shown := *r.plan
	if r.old != nil || len(r.plan.Parked) > 0 {
		shown.Rows = make([]plan.Row, len(r.plan.Rows))
		for i := range shown.Rows {
			shown.Rows[i] = r.row(i)
		}
	}
	return &shown
}

// closeJournal syncs and closes the journal. It comes before the run's end is
// written: an end that survives a power loss implies a complete journal. If the
// run's locks are lost, nothing is written.
func (r *run) closeJournal() error {
	switch {
	case r.log == nil:
	case r.watch.gone() != nil:
		r.broken = cmp.Or(r.broken, r.log.Abandon())
	default:
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

// newRun returns the run of a draft's plan.
func (l *Life) newRun(d *Draft) *run {
	return &run{
		plan: d.Plan, reviewed: d.Review, lanes: d.lanesOfPlan(), seen: d.seen, extra: d.Extra,
		unplanned: d.Plan.Totals()[plan.Pending], others: d.others,
		budget: newBudget(l.Guards.Limits.Failures, len(d.Plan.Rows)),
	}
}

// free frees what was only needed to make the plan.
func (l *Life) free(d *Draft) {
	d.Inventories, d.Requests, d.Saved = nil, nil, nil
	l.Tell(Planned{Rows: len(d.Plan.Rows), Lanes: len(d.Lanes)})
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
