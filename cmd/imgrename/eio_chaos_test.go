package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// An eioCase is one input/output error that the program meets.
type eioCase struct {
	name  string
	first func(*killedJob) // what was done before
	args  []string         // instead of apply names.csv
	at    point
	eio
	hit  string // in the line of a call that fails
	says string // what the program calls the thing
}

// The moments from which calls fail.
var (
	atTheStart     = atCall(1)
	atTheListing   = atCall(2)
	atTheLastWrite = point{arm: func(j *killedJob, fire func()) func() {
		return j.target.set(aim{left: len(j.rows), after: true, fire: fire})
	}}
)

const (
	journalPath = "state/runs/r-*/journal.jsonl"
	nextJournal = "state/runs/r-*/journal-2.jsonl" // of the second process
	lockPath    = "state/locks/*.lock"
	runPath     = "state/runs/r-*"
)

// newPlainJob is a job of eight renames that take one call each.
func newPlainJob(t *testing.T) *killedJob {
	j := newKilledJob(t, 1, nil)
	images := j.server.Images(simulatedAccount, "cn-hangzhou")
	j.rows = slices.DeleteFunc(j.rows, func(row wanted) bool { return !strings.HasPrefix(row.name, "plain") })
	j.serve(images, 1, nil)
	if err := os.Mkdir(filepath.Join(j.folder, "copies"), 0o700); err != nil {
		t.Fatal(err)
	}
	return j
}

// play runs the program and makes its calls fail. strace counts them in each
// thread; if the calls came otherwise, play runs the program again.
func (c eioCase) play(t *testing.T, job func(*testing.T) *killedJob) (j *killedJob, s *strike, out string, code int) {
	t.Helper()
	for range 50 {
		j, s = job(t), nil
		if c.first != nil {
			c.first(j)
		}
		j.env = append(j.env, "IMGRENAME_TIMEOUT=60s") // a call waits while strace attaches
		if c.from > 0 {                                // a thread does better with all of the calls then
			j.env = append(j.env, "GOMAXPROCS=16", "GODEBUG=asyncpreemptoff=1", "GOGC=off")
		}
		args := c.args
		if args == nil {
			args = []string{"apply", "names.csv"}
		}
		out, code = j.disturbed(c.at, func(p *os.Process) { s = j.strike(c.eio, p) }, args...)
		calls := s.calls(t)
		if c.from > 0 && (len(calls) < c.from || !slices.Equal(hits(calls[:c.from]), calls[c.from-1:c.from])) {
			t.Logf("played again: call %d is not the first that fails", c.from)
			continue
		}
		c.struck(t, hits(calls), out)
		return j, s, out, code
	}
	t.Fatalf("call %d is never the first that fails", c.from)
	return nil, nil, "", 0
}

// struck checks that the right calls failed, and that the program says so.
func (c eioCase) struck(t *testing.T, failed []string, out string) {
	t.Helper()
	if c.from > 0 {
		failed = failed[:1]
	}
	if !slices.ContainsFunc(failed, func(line string) bool { return strings.Contains(line, c.hit) }) {
		t.Fatalf("no call with %q failed, but %q\n%s", c.hit, failed, out)
	}
	if !strings.Contains(out, c.says) || !strings.Contains(out, "input/output error") {
		t.Errorf("the program does not say what could not be done with %q:\n%s", c.says, out)
	}
}

// TestEIOAtTheStart: a lock, or something that must be on disk before the first
// call, fails. Nothing is sent, and nothing keeps the next attempt from
// succeeding.
func TestEIOAtTheStart(t *testing.T) {
	t.Parallel()
	needStrace(t)
	refused := func(j *killedJob) { j.program("apply", "names.csv", "--max-changes", "1") } // leaves the lock file
	for _, c := range []eioCase{
		{name: "state folder", at: atTheStart, eio: eio{calls: "fsync", file: "."}, says: "state folder"},
		{name: "lock folder", at: atTheStart, eio: eio{calls: "fsync", file: "state"}, says: "state folder", first: refused},
		{name: "lock opened", at: atTheStart, eio: eio{calls: "openat", file: lockPath}, hit: ".lock", says: "locks/lane-", first: refused},
		{name: "lock taken", at: atTheStart, eio: eio{calls: "flock", file: lockPath}, hit: "LOCK_EX", says: "locks/lane-", first: refused},
		{name: "run folder", at: atTheStart, eio: eio{calls: "fsync", file: "state/runs"}, says: "/runs/"},
		{name: "head", at: atTheStart, eio: eio{calls: "renameat", file: runPath + "/head.json"}, says: `"head.json"`},
		{name: "journal made", at: atTheStart, eio: eio{calls: "openat", file: journalPath}, says: "create journal"},
		{name: "journal's room", at: atTheStart, eio: eio{calls: "fallocate"}, hit: "journal.jsonl", says: "create journal"},
		{name: "journal's first write", at: atTheStart, eio: eio{calls: "pwrite64"}, hit: "journal.jsonl", says: "create journal"},
		{name: "journal's first sync", at: atTheListing, eio: eio{calls: "fsync", from: 5}, hit: "journal.jsonl", says: "create journal"},
		{name: "journal's folder", at: atTheListing, eio: eio{calls: "fsync", from: 6}, hit: "/runs/", says: "create journal"},
		{name: "journal's first record", at: atTheListing, eio: eio{calls: "fsync", from: 7}, hit: "journal.jsonl", says: "sync journal"},
		{name: "plan synced", at: atTheListing, eio: eio{calls: "fsync", from: 8}, hit: ".plan.json", says: `"plan.json"`},
		{name: "plan in place", at: atTheStart, eio: eio{calls: "renameat", file: runPath + "/plan.json"}, says: `"plan.json"`},
		{name: "plan's folder", at: atTheListing, eio: eio{calls: "fsync", from: 9}, hit: "/runs/", says: `"plan.json"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j, _, out, code := c.play(t, newPlainJob)
			j.nothingSent(out, code)
			if strings.HasPrefix(c.name, "lock") && len(j.runs("")) > 0 {
				t.Error("a run was made without the lock")
			}
			j.completed()
		})
	}
}

// TestEIOBeforeASavedPlan is TestEIOAtTheStart for a saved plan: its run was
// not sealed, so the plan is not used.
func TestEIOBeforeASavedPlan(t *testing.T) {
	t.Parallel()
	needStrace(t)
	for _, c := range []eioCase{
		{name: "note made", eio: eio{calls: "openat", file: "state/plans"}, says: "state folder"},
		{name: "note in place", eio: eio{calls: "fsync", file: "state/plans"}, says: "state folder"},
		{name: "run folder", eio: eio{calls: "fsync", file: "state/runs"}, says: "/runs/"},
		{name: "journal", eio: eio{calls: "fallocate"}, says: "create journal"},
		{name: "plan", eio: eio{calls: "renameat", file: runPath + "/plan.json"}, says: `"plan.json"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.at, c.args = atTheListing, []string{"apply", "plan.json"}
			c.first = func(j *killedJob) { j.program("plan", "names.csv", "-o", "plan.json") }
			j, _, out, code := c.play(t, newPlainJob)
			j.nothingSent(out, code)
			j.usedOnce()
		})
	}
}

// TestKilledWithASavedPlan kills the program at each step from the approved plan
// to the sealed one. A plan whose run was not sealed can be used again, once.
func TestKilledWithASavedPlan(t *testing.T) {
	t.Parallel()
	needStrace(t)
	for _, c := range []struct {
		name   string
		eio    eio
		marked bool
	}{
		{"run folder", eio{calls: "mkdirat"}, false},
		{"head", eio{calls: "renameat", file: runPath + "/head.json"}, false},
		{"note in place", eio{calls: "linkat"}, false},
		{"note there", eio{calls: "unlinkat"}, true},
		{"journal", eio{calls: "fallocate"}, true},
		{"plan", eio{calls: "renameat", file: runPath + "/plan.json"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := newPlainJob(t)
			j.env = append(j.env, "IMGRENAME_TIMEOUT=60s") // a call waits while strace attaches
			j.program("plan", "names.csv", "-o", "plan.json")
			c.eio.kill = true
			out, code := j.disturbed(atTheListing, func(p *os.Process) { j.strike(c.eio, p) }, "apply", "plan.json")
			marks, _ := filepath.Glob(filepath.Join(j.folder, "state/plans/[^.]*")) // the pattern is good
			if code != -1 || len(j.runs("plan.json")) > 0 || (len(marks) > 0) != c.marked {
				t.Fatalf("exit code %d, marks %q\n%s", code, marks, out)
			}
			j.usedOnce()
		})
	}
	t.Run("first call", func(t *testing.T) {
		t.Parallel()
		j := newPlainJob(t)
		j.program("plan", "names.csv", "-o", "plan.json")
		at := point{arm: func(j *killedJob, fire func()) func() { return j.target.set(aim{left: 1, fire: fire}) }}
		if out, code := j.programKilled(at, "apply", "plan.json"); code != -1 {
			t.Fatalf("exit code %d\n%s", code, out)
		}
		j.usedOnce()
	})
}

// usedOnce applies the saved plan until it is refused. That is the second time,
// when everything is done.
func (j *killedJob) usedOnce() {
	j.t.Helper()
	for _, want := range []int{codeOK, codeRefused} {
		if out, code := j.program("apply", "plan.json"); code != want {
			j.t.Errorf("apply again: exit code %d, want %d\n%s", code, want, out)
		}
	}
	j.completed()
}

// TestEIOBreaksTheJournal: the journal fails in the middle of the work. No
// further call is sent, the remaining rows are pending (or stranded, if a ring
// was open), and the job can be done later.
func TestEIOBreaksTheJournal(t *testing.T) {
	t.Parallel()
	needStrace(t)
	for _, call := range []string{"pwrite64", "fsync"} {
		for _, writes := range []int{1, 5, 9, 14} {
			t.Run(call+" "+strconv.Itoa(writes), func(t *testing.T) {
				t.Parallel()
				c := eioCase{at: atWrite(writes), eio: eio{calls: call, file: journalPath}, says: "the journal could not be written"}
				j, s, out, code := c.play(t, func(t *testing.T) *killedJob { return newKilledJob(t, uint64(writes), nil) })
				j.stoppedEarly(out, code)
				j.sentOnly(s.journal)
				j.completed()
			})
		}
	}
}

// stoppedEarly checks a program that stopped in the middle: it says what is
// left, in its report too.
func (j *killedJob) stoppedEarly(out string, code int) {
	j.t.Helper()
	want := codePending
	if uncertain.MatchString(out) {
		want = codeUncertain
	}
	if code != want || !strings.Contains(out, " pending") {
		j.t.Fatalf("exit code %d, want %d\n%s", code, want, out)
	}
	if lines := readReport(j.t, j.found(runPath+"/report.csv")); len(lines) != 1+len(j.rows) {
		j.t.Errorf("I11: the report has %d lines, and the manifest %d rows", len(lines), len(j.rows))
	}
}

// sentOnly checks that each call has an intent in the first so many bytes of
// the journal: those written before it began to fail. A later intent cannot be
// durable.
func (j *killedJob) sentOnly(bytes int64) {
	j.t.Helper()
	text, err := os.ReadFile(j.found(journalPath))
	if err != nil {
		j.t.Fatal(err)
	}
	part := filepath.Join(j.t.TempDir(), "journal.jsonl")
	if err := os.WriteFile(part, text[:bytes], 0o600); err != nil {
		j.t.Fatal(err)
	}
	v := &verdict{evidence: &evidence{manifest: j.rows, journal: readEntries(j.t, part)}}
	v.match(v.intents(), writesOf(j.server.History()))
	for _, text := range v.found {
		j.t.Errorf("I14: %s", text)
	}
}

// TestEIOAtAResume: an interrupted run cannot be resumed.
func TestEIOAtAResume(t *testing.T) {
	t.Parallel()
	needStrace(t)
	for _, c := range []eioCase{
		{name: "journal opened", eio: eio{calls: "openat", file: journalPath}},
		{name: "journal locked", eio: eio{calls: "flock", file: journalPath}, hit: "LOCK_EX"},
		{name: "journal read", eio: eio{calls: "pread64", file: journalPath}},
		{name: "journal written", eio: eio{calls: "pwrite64", file: journalPath}},
		{name: "journal synced", eio: eio{calls: "fsync", file: journalPath}},
		{name: "next journal made", eio: eio{calls: "openat", file: nextJournal}},
		{name: "next journal's room", eio: eio{calls: "fallocate"}, hit: "journal-2.jsonl"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.at, c.says = atTheListing, "journal"
			c.first = func(j *killedJob) { j.programKilled(atWrite(5), "apply", "names.csv") }
			j, s, out, code := c.play(t, newPlainJob)
			if code != codeFailed {
				t.Errorf("exit code %d, want 1\n%s", code, out)
			}
			j.sentOnly(s.journal)
			j.completed()
		})
	}
}

// TestEIOAtTheEnd: everything is done, and then the end cannot be written. A
// later command can write it: until then the run is not called finished.
func TestEIOAtTheEnd(t *testing.T) {
	t.Parallel()
	needStrace(t)
	for _, c := range []struct {
		eioCase
		unfinished bool
	}{
		{eioCase{name: "journal written", eio: eio{calls: "pwrite64", file: journalPath}, says: "the journal could not be written"}, true},
		{eioCase{name: "journal synced", eio: eio{calls: "fsync", file: journalPath}, says: "the journal could not be written"}, true},
		{eioCase{name: "journal closed", eio: eio{calls: "close", file: journalPath}, says: "the journal could not be written"}, true},
		{eioCase{name: "report in place", eio: eio{calls: "renameat", file: runPath + "/report.csv"}, says: `"report.csv"`}, false},
		{eioCase{name: "report's folder", eio: eio{calls: "fsync", file: runPath}, says: `"report.csv"`}, false},
		{eioCase{name: "copy in place", eio: eio{calls: "renameat", file: "copies/copy.csv"}, says: "could not be written: copies/copy.csv"}, false},
		{eioCase{name: "copy's folder", eio: eio{calls: "fsync", file: "copies"}, says: "could not be written: copies/copy.csv"}, false},
		{eioCase{name: "end in place", eio: eio{calls: "renameat", file: runPath + "/end.json"}, says: `"end.json"`}, true},
		{eioCase{name: "all syncs", eio: eio{calls: "fsync"}, hit: ".copy.csv", says: "could not be written: copies/copy.csv"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.at, c.args = atTheLastWrite, []string{"apply", "names.csv", "--report", "copies/copy.csv"}
			j, _, out, code := c.play(t, newPlainJob)
			if code != codeFailed || !strings.Contains(out, "8 rows: 8 applied") {
				t.Errorf("exit code %d, want 1\n%s", code, out)
			}
			if list, _ := j.program("runs"); strings.Contains(list, "unfinished") != c.unfinished {
				t.Errorf("unfinished should be %v: %s", c.unfinished, list)
			}
			j.rebuild()
			j.completed()
		})
	}
}

// TestEIOAtTheEndOfAnAbandonedRun: it is a failure if the end cannot be
// written, even if every row is done.
func TestEIOAtTheEndOfAnAbandonedRun(t *testing.T) {
	t.Parallel()
	needStrace(t)
	for _, call := range []string{"fsync", "close"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			c := eioCase{
				first: func(j *killedJob) { j.programKilled(atTheLastWrite, "apply", "names.csv") },
				args:  []string{"resume", "--abandon"}, at: atTheListing,
				eio: eio{calls: call, file: nextJournal}, says: "journal-2.jsonl",
			}
			j, _, out, code := c.play(t, newPlainJob)
			if code != codeFailed || !strings.Contains(out, "8 applied") {
				t.Errorf("exit code %d, want 1\n%s", code, out)
			}
			j.completed()
		})
	}
}

// rebuild makes the report that the run should have had.
func (j *killedJob) rebuild() {
	j.t.Helper()
	folder := j.runs("plan.json")[0]
	report, code := j.program("report", filepath.Base(folder), "--format", "csv")
	if code != codeOK {
		j.t.Errorf("report: exit code %d\n%s", code, report)
	}
	if err := os.WriteFile(filepath.Join(folder, "report.csv"), []byte(report), 0o600); err != nil {
		j.t.Fatal(err)
	}
}
