package main

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"imgrename/batch/ecs/ecssim"
)

// A point is where a program is killed. arm is called before the program starts
// and makes sure that fire is called there; disarm is called when it has ended.
// The zero point is nowhere.
type point struct {
	name string
	arm  func(j *killedJob, fire func()) (disarm func())
}

// points are all points. Those with many moments are there several times.
var points = []point{
	{"at any time", anyTime},
	{"at any time", anyTime},
	{"at any time", anyTime},
	{"before a write", (*killedJob).beforeWrite},
	{"before a write", (*killedJob).beforeWrite},
	{"after a write", (*killedJob).afterWrite},
	{"after a write", (*killedJob).afterWrite},
	{"run folder", appears("state/runs/r-*")},
	{"head", appears("state/runs/r-*/head.json")},
	{"journal", appears("state/runs/r-*/journal.jsonl")},
	{"plan", appears("state/runs/r-*/plan.json")},
	{"writing the report", appears(".report.csv*", "state/runs/r-*/.report.csv*", "report.csv")},
	{"report", appears("state/runs/r-*/report.csv")},
	{"end", appears("state/runs/r-*/end.json")},
}

func anyTime(j *killedJob, fire func()) (disarm func()) {
	timer := time.AfterFunc(time.Duration(j.dice.Int64N(int64(150*time.Millisecond))), fire)
	return func() { timer.Stop() }
}

// beforeWrite fires when a write has come to the server, before it is done. It
// is done later, when the next process may be under way.
func (j *killedJob) beforeWrite(fire func()) (disarm func()) {
	return j.target.set(aim{left: 1 + j.dice.IntN(12), late: time.Duration(j.dice.Int64N(int64(settleTime / 4))), fire: fire})
}

// afterWrite fires when a write is done, before its answer is sent.
func (j *killedJob) afterWrite(fire func()) (disarm func()) {
	return j.target.set(aim{left: 1 + j.dice.IntN(12), after: true, fire: fire})
}

// appears fires when a new file with one of these names appears.
func appears(patterns ...string) func(*killedJob, func()) func() {
	return func(j *killedJob, fire func()) (disarm func()) {
		find := func() (found []string) {
			for _, pattern := range patterns {
				names, _ := filepath.Glob(filepath.Join(j.folder, pattern)) // the patterns are good
				found = append(found, names...)
			}
			return found
		}
		before := find()
		stop := make(chan struct{})
		var watch sync.WaitGroup
		watch.Go(func() {
			ticker := time.NewTicker(100 * time.Microsecond)
			defer ticker.Stop()
			for {
				select {
				case <-stop:
					return
				case <-ticker.C:
				}
				if slices.ContainsFunc(find(), func(name string) bool { return !slices.Contains(before, name) }) {
					fire()
					return
				}
			}
		})
		return func() { close(stop); watch.Wait() }
	}
}

// A target sits in front of the server and watches its writes.
type target struct {
	next http.Handler
	mu   sync.Mutex
	aim  aim
	seen func(action string) // is told of each call that comes, if there
	// still is locked while an aim fires, so that no other call comes in
	// between.
	still sync.RWMutex
}

// An aim is the write at which to fire: the one after so many others.
type aim struct {
	left  int // 0 is no aim
	after bool
	late  time.Duration // how long the deed waits then
	fire  func()
}

func (t *target) set(a aim) (unset func()) {
	put := func(a aim) { t.mu.Lock(); t.aim = a; t.mu.Unlock() }
	put(a)
	return func() { put(aim{}) }
}

// watch calls a function for each call that comes.
func (t *target) watch(seen func(action string)) (unwatch func()) {
	put := func(seen func(string)) { t.mu.Lock(); t.seen = seen; t.mu.Unlock() }
	put(seen)
	return func() { put(nil) }
}

// hit counts a write, and returns the aim if this is the one.
func (t *target) hit(after bool) (a aim, hit bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.aim.left == 0 || t.aim.after != after {
		return aim{}, false
	}
	t.aim.left--
	return t.aim, t.aim.left == 0
}

// before is the server's hook before each call is done.
func (t *target) before(call ecssim.Call) {
	if call.Action != editing {
		return
	}
	if a, hit := t.hit(false); hit {
		t.still.Lock()
		a.fire()
		t.still.Unlock()
		<-time.After(a.late)
	}
}

func (t *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	action := cmp.Or(r.Header.Get("x-acs-action"), r.URL.Query().Get("Action"))
	t.still.RLock()
	t.mu.Lock()
	seen := t.seen
	t.mu.Unlock()
	t.still.RUnlock()
	if seen != nil {
		seen(action)
	}
	if action == editing {
		if a, hit := t.hit(true); hit {
			w = &unanswered{ResponseWriter: w, fire: a.fire}
		}
	}
	t.next.ServeHTTP(w, r)
}

// unanswered fires before the first byte of an answer.
type unanswered struct {
	http.ResponseWriter
	fire func()
}

func (u *unanswered) WriteHeader(status int) {
	u.fire()
	u.ResponseWriter.WriteHeader(status)
}

// A shot kills a program once it is both loaded and fired, in either order.
type shot struct {
	mu   sync.Mutex
	kill func()
	done bool
}

func (s *shot) load(kill func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kill = kill
	if s.done {
		kill()
	}
}

func (s *shot) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = true
	if s.kill != nil {
		s.kill()
	}
}

func (s *shot) fired() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done
}

// A tally counts the kills by where they struck.
type tally struct {
	mu sync.Mutex
	n  int
	at map[string]int
}

func (c *tally) add(name string, resuming bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	c.at[name]++
	if resuming {
		c.at["a resume"]++
	}
}

func (c *tally) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func (c *tally) String() string {
	parts := []string{fmt.Sprintf("%d kills", c.n)}
	for _, name := range slices.Sorted(maps.Keys(c.at)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, c.at[name]))
	}
	return strings.Join(parts, ", ")
}

// runs returns the folders of runs that have a file of this name.
func (j *killedJob) runs(file string) (folders []string) {
	found, _ := filepath.Glob(filepath.Join(j.folder, "state", "runs", "r-*", file)) // the pattern is good
	for _, path := range found {
		folders = append(folders, filepath.Dir(path))
	}
	return folders
}

// evidence collects what the only new run has left, and the calls from one on.
func (j *killedJob) evidence(rows []wanted, from int) (run string, e *evidence) {
	j.t.Helper()
	sealed := slices.DeleteFunc(j.runs("plan.json"), func(folder string) bool { return slices.Contains(j.checked, folder) })
	if len(sealed) != 1 {
		j.t.Fatalf("%d runs have sealed a plan: %q", len(sealed), sealed)
	}
	j.checked = append(j.checked, sealed[0])
	e = readEvidence(j.t, sealed[0])
	e.account, e.region, e.settle = simulatedAccount, "cn-hangzhou", settleTime
	e.manifest, e.history, e.final = rows, j.server.History()[from:], j.server.Images(simulatedAccount, "cn-hangzhou")
	return filepath.Base(sealed[0]), e
}

// readEvidence reads what is in the folder of a run.
func readEvidence(t *testing.T, folder string) *evidence {
	t.Helper()
	e := new(evidence)
	plan, err := os.Stat(filepath.Join(folder, "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	e.sealed = plan.ModTime()
	e.report = readReport(t, filepath.Join(folder, "report.csv"))
	var end struct {
		Counts map[string]int `json:"counts"`
	}
	text, err := os.ReadFile(filepath.Join(folder, "end.json"))
	if err == nil {
		err = json.Unmarshal(text, &end)
	}
	if err != nil {
		t.Fatal(err)
	}
	e.counts = end.Counts
	e.journal = readJournal(t, folder)
	return e
}

// readJournal reads the files of a run's journal, in order.
func readJournal(t *testing.T, folder string) (entries []entry) {
	t.Helper()
	for n, name := 1, "journal.jsonl"; ; n, name = n+1, fmt.Sprintf("journal-%d.jsonl", n+1) {
		path := filepath.Join(folder, name)
		if _, err := os.Stat(path); n > 1 && errors.Is(err, fs.ErrNotExist) {
			return entries
		}
		entries = append(entries, readEntries(t, path)...)
	}
}

// readEntries reads a journal whose last line may be torn.
func readEntries(t *testing.T, path string) (entries []entry) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasSuffix(line, "\n") {
			break
		}
		var framed struct {
			Record *entry `json:"record"`
		}
		if err := json.Unmarshal([]byte(line), &framed); err != nil {
			t.Fatalf("%s: %q: %v", path, line, err)
		}
		if framed.Record != nil {
			entries = append(entries, *framed.Record)
		}
	}
	return entries
}

func readReport(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
