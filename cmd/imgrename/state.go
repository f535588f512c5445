package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/journal"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/report"
)

// The files of a run's folder that this package writes.
const (
	planFile    = "plan.json"
	journalFile = "journal.jsonl"
	reportFile  = "report.csv"
)

// keptRuns is how many finished runs are kept.
const keptRuns = 30

// laneNames are the names under which lanes are locked: those that calls go to.
func laneNames(lanes []batch.Lane) []string {
	var names []string
	for _, lane := range lanes {
		if lane.API != nil {
			names = append(names, lane.Lane.String())
		}
	}
	return names
}

// lock locks lanes, and with them all lanes of the unfinished runs that touch
// any of them, which have to be settled first. It returns those runs, the
// oldest first.
func (c *common) lock(ctx context.Context, state *runs.Folder, lanes []string) (*runs.Locks, []runs.Info, error) {
	wanted := slices.Clone(lanes)
	for {
		locks, err := c.lockLanes(ctx, state, wanted)
		if err != nil {
			return nil, nil, err
		}
		left, err := unfinishedOn(state, wanted)
		if err != nil {
			return nil, nil, errors.Join(err, locks.Release())
		}
		more := slices.Clone(wanted)
		for _, info := range left {
			more = append(more, info.Head.Lanes...)
		}
		slices.Sort(more)
		more = slices.Compact(more)
		if len(more) == len(wanted) {
			if left, err = c.dropUnsealed(state, left); err != nil {
				return nil, nil, errors.Join(err, locks.Release())
			}
			return locks, left, nil
		}
		if err := locks.Release(); err != nil {
			return nil, nil, err
		}
		wanted = more
	}
}

// lockLanes locks lanes, with the patience of --lock-timeout, and says for whom it
// waits.
func (c *common) lockLanes(ctx context.Context, state *runs.Folder, lanes []string) (*runs.Locks, error) {
	locks, err := state.Lock(ctx, lanes, 0)
	if c.lockTimeout == 0 || !is[*runs.HeldError](err) {
		return locks, err
	}
	c.say("waiting up to %s: %s\n", c.lockTimeout, report.Printable(err.Error()))
	return state.Lock(ctx, lanes, c.lockTimeout)
}

// unfinishedOn lists the unfinished runs that have one of the lanes. One that
// cannot be read may have any of them.
func unfinishedOn(state *runs.Folder, lanes []string) ([]runs.Info, error) {
	all, err := state.Unfinished()
	if err != nil {
		return nil, err
	}
	var left []runs.Info
	for _, info := range slices.Backward(all) {
		if info.Problem != nil {
			return nil, info.Problem
		}
		if overlap(info.Head.Lanes, lanes) {
			left = append(left, info)
		}
	}
	return left, nil
}

// overlap tells whether two runs have a lane in common.
func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(lane string) bool { return slices.Contains(b, lane) })
}

// dropUnsealed ends those of the runs of which no plan was kept, and returns the
// others. Their lanes have to be locked. A plan is sealed before the first call,
// so nothing was ever sent for them.
func (c *common) dropUnsealed(state *runs.Folder, left []runs.Info) ([]runs.Info, error) {
	var sealed []runs.Info
	for _, info := range left {
		run, err := state.OpenRun(info.ID)
		if err != nil {
			return nil, err
		}
		file, err := run.Open(planFile)
		switch {
		case err == nil:
			sealed = append(sealed, info)
			err = file.Close()
		case errors.Is(err, fs.ErrNotExist):
			c.say("run %s ended before its plan was sealed: nothing was sent, nothing is left of it\n", info.ID)
			if err = unuse(state, run, info.Head.Plan); err == nil { // before it is finished, which is not looked at again
				err = run.Finish(runs.Summary{Ended: time.Now().UTC(), Code: codeFailed, Why: "ended before its plan was sealed"})
			}
		}
		if err = errors.Join(err, run.Close()); err != nil {
			return nil, err
		}
	}
	return sealed, nil
}

// A work is a plan on its way: what is done, where it is kept, and what earlier
// processes did of it.
type work struct {
	plan  *plan.Plan
	lanes []batch.Lane
	seen  time.Time // when the reading of the images began
	extra []string
	// old are the rows' old values as the run's first plan has them, which the
	// report tells; nil where plan is that plan.
	old    []*ecs.Attributes
	run    *runs.Run // nil in a rehearsal
	aim    purpose   // of taking it up again; toFinish for a new one
	log    *journal.Log[history.Record]
	past   map[int]history.Past
	broken error // that the journal had when it was closed
	// again is the command to type if something is left to be done and there is no
	// run to resume.
	again string
}

// closeJournal makes all of the journal durable. It comes before the run's end is
// written: an end that survives a loss of power vouches for the journal.
func (w *work) closeJournal() error {
	if w.log != nil {
		w.broken = cmp.Or(w.broken, w.log.Close())
	}
	return w.broken
}

// close lets go of the run's files.
func (w *work) close() error { return errors.Join(w.closeJournal(), w.closeRun()) }

// closeRun lets go of the run's folder.
func (w *work) closeRun() error {
	if w.run == nil {
		return nil
	}
	return w.run.Close()
}

// begin seals a plan: from here on another process can finish it. Everything
// is on disk when begin returns.
func (a *application) begin(state *runs.Folder, p *prepared, source string) (*work, error) {
	w := &work{plan: p.plan, lanes: p.lanesOfPlan(), seen: p.seen, extra: p.extra}
	used := ""
	if p.saved != nil {
		used = p.saved.Sum
	}
	p.letGo(a.workers)
	var err error
	if w.run, err = state.NewRun(time.Now()); err != nil {
		return nil, err
	}
	if err = a.seal(state, w, source, used); err != nil {
		return nil, errors.Join(err, unuse(state, w.run, used), w.close())
	}
	return w, nil
}

// unuse lets a saved plan, by its sum, be used again if the run that it was used
// for was not sealed. The run's lanes have to be locked.
func unuse(state *runs.Folder, run *runs.Run, used string) error {
	if used == "" {
		return nil
	}
	file, err := run.Open(planFile)
	if err == nil {
		return file.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil // it may be there: the plan stays used
	}
	return state.ForgetPlan(used, run.ID())
}

// seal keeps what the run is about, and its plan last. A saved plan, by its sum,
// is marked as used between the two: whenever the run is sealed the mark is
// there, and until then the run's head tells which mark does not count.
func (a *application) seal(state *runs.Folder, w *work, source, used string) error {
	err := w.run.Begin(runs.Head{
		Job: w.plan.JobHash(), Source: source, Lanes: laneNames(w.lanes), Rows: len(w.plan.Rows), Tool: version, Plan: used,
	})
	if err == nil && used != "" {
		err = state.UsePlan(used, w.run.ID(), time.Now())
	}
	if err != nil {
		return err
	}
	if w.log, err = journal.Create[history.Record](journal.OSFolder(w.run.Root()), journalFile, reserve(w.plan)); err != nil {
		return err
	}
	return w.run.WriteFile(planFile, func(out io.Writer) error {
		_, err := plan.Encode(out, w.plan, plan.FileInfo{Tool: version, Created: time.Now(), Source: source, Extra: w.extra})
		return err
	})
}

// reserve is the room that a run's journal may take: three records for each
// call, and some to spare.
func reserve(p *plan.Plan) int64 {
	const each, most = 2 << 10, 256 << 20
	return min(int64(p.Calls()+32)*each, most)
}

// readRun reads what an earlier process left of a run.
func readRun(run *runs.Run) (*plan.Saved, error) {
	file, err := run.Open(planFile)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	saved, err := plan.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("run %s: %s: %w", run.ID(), planFile, err)
	}
	return saved, nil
}
