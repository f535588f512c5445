package lifecycle

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/journal"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/batch/runs"
	"imgrename/manifest"
)

// A plan is made again if a call of any of the runs before it may have had an
// effect since the images were listed, whichever run that is.
func TestListsAgainAfterALateCallOfAnyRun(t *testing.T) {
	for _, test := range []struct {
		name  string
		since []time.Duration // each run has sent a call without an answer so long ago
		again bool
	}{
		{"none is late", []time.Duration{time.Hour, 2 * time.Hour}, false},
		{"the first is", []time.Duration{time.Second, time.Hour}, true},
		{"the last is", []time.Duration{time.Hour, time.Second}, true},
		{"both are", []time.Duration{time.Second, time.Second}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				life, run := newRun(t)
				life.Settle = time.Minute
				up := 24 * time.Hour
				life.Boot, life.Up = "one", func() time.Duration { return up }
				opened := history.Record{Kind: history.Opened, Process: &history.Process{Boot: life.Boot}}
				var left []runs.Info
				for _, since := range test.since {
					folder, err := life.State.NewRun(time.Now())
					if err != nil {
						t.Fatal(err)
					}
					defer folder.Close()
					log, err := journal.Create[history.Record](journal.OSFolder(folder.Root()), journalFile, 0)
					if err == nil {
						sent := history.Record{Kind: history.Intent, Set: &ecs.Attributes{ImageName: "x"}, At: time.Now().Add(-since), Up: up - since}
						err = errors.Join(log.Commit(opened), log.Commit(sent))
					}
					if err = errors.Join(err, log.Close()); err != nil {
						t.Fatal(err)
					}
					left = append(left, runs.Info{ID: folder.ID()})
				}
				d := &Draft{Plan: run.plan, Connection: new(Connection), fit: plan.Compare, seen: time.Now()}
				if err := life.settleLeft(t.Context(), d, left); err != nil {
					t.Fatal(err)
				}
				if again := d.Plan != run.plan; again != test.again {
					t.Errorf("listed again: %v", again)
				}
			})
		})
	}
}

// The account of a saved plan must be that of the credentials, but for rows that
// the plan holds back: nothing is sent for them.
func TestAccountOfASavedPlan(t *testing.T) {
	planned, other := plan.Lane{Account: "1", Region: "r"}, plan.Lane{Account: "2", Region: "r"}
	for _, test := range []struct {
		name    string
		problem *plan.Problem
		now     batch.Lane
		expect  string
		refused bool
	}{
		{"the same", nil, batch.Lane{Lane: planned}, "", false},
		{"another", nil, batch.Lane{Lane: other}, "", true},
		{"another, of a row that is held back", new(plan.Problem), batch.Lane{Lane: other}, "", false},
		{"not known: the row will say why", nil, batch.Lane{Lane: other, Err: errors.New("no keys")}, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			row := plan.Row{Request: plan.Request{Row: new(manifest.Row)}, Problem: test.problem}
			source := &Source{Saved: &plan.Saved{Plan: &plan.Plan{Lanes: []plan.Lane{planned}, Rows: []plan.Row{row}}}}
			conn := &Connection{Lanes: []batch.Lane{test.now}, Requests: []plan.Request{{}}}
			err := new(Guards).checkAccounts(source, conn)
			if _, refused := errors.AsType[*AccountError](err); refused != test.refused {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

// A journal that cannot be written to its end stops the run, even if all that is
// missing is its last record: the run is not at its end then.
func TestJournalThatCannotBeClosedStopsTheRun(t *testing.T) {
	life, run := newRun(t)
	run.broken = errors.New("disk full")
	_, stopped := life.execute(t.Context(), run)
	broken, ok := errors.AsType[*batch.JournalError](stopped)
	if !ok || !errors.Is(broken, run.broken) {
		t.Errorf("stopped: %v", stopped)
	}
}

// --strict wants every row to be possible; one that is done already is.
func TestStrict(t *testing.T) {
	for _, test := range []struct {
		verdicts []plan.Outcome
		rows     int // that cannot be done
	}{
		{[]plan.Outcome{plan.Planned, plan.Unchanged}, 0},
		{[]plan.Outcome{plan.Planned, plan.Blocked}, 1},
		{[]plan.Outcome{plan.Refused, plan.Conflict, plan.Pending}, 3},
	} {
		d := &Draft{Plan: &plan.Plan{Lanes: make([]plan.Lane, 1)}, Review: new(review.Review), Inventories: make([]plan.Inventory, 1)}
		for _, verdict := range test.verdicts {
			d.Plan.Rows = append(d.Plan.Rows, plan.Row{Verdict: verdict})
		}
		rows := 0
		if e, ok := errors.AsType[*StrictError]((&Guards{Strict: true}).Check(d)); ok {
			rows = e.Rows
		}
		if rows != test.rows {
			t.Errorf("%v: %d rows, want %d", test.verdicts, rows, test.rows)
		}
		if err := new(Guards).Check(d); err != nil {
			t.Errorf("%v without --strict: %v", test.verdicts, err)
		}
	}
}
