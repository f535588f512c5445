package main

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imgrename/batch/ecs/ecssim"
)

var (
	kills    = flag.Int("kills", 30, "how often TestKill kills the program")
	killSeed = flag.Uint64("kill-seed", 0, "the first seed of TestKill; 0 takes one from the clock")
)

// TestKill kills the program and its resumes at random moments and at named
// points, with chains and rings in progress and calls that take effect late,
// until the job ends. Then what is left must pass the checker. Some jobs are
// undone after that, under the same conditions.
func TestKill(t *testing.T) {
	seed := *killSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	var next atomic.Uint64
	next.Store(seed)
	tally := &tally{at: make(map[string]int)}
	var side sync.WaitGroup
	for range 4 { // jobs wait for settle times most of the time
		side.Go(func() {
			for tally.total() < *kills && !t.Failed() {
				seed := next.Add(1) - 1
				t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
					killOneJob(t, seed, tally)
					if t.Failed() {
						t.Logf("replay with: go test ./cmd/imgrename -run '^TestKill$' -args -kills 1 -kill-seed %d", seed)
					}
				})
			}
		})
	}
	side.Wait()
	t.Log(tally)
}

// killOneJob does a permutation of names, some plain renames and descriptions.
func killOneJob(t *testing.T, seed uint64, tally *tally) {
	j := newKilledJob(t, seed, tally)
	j.finish("names.csv", 5)
	run := j.check("names.csv", j.rows, 0)
	if t.Failed() || j.dice.IntN(2) > 0 {
		return
	}
	from := len(j.server.History())
	if out, code := j.program("undo", run, "-o", "undo.csv"); code != codeOK {
		t.Fatalf("undo: exit code %d\n%s", code, out)
	}
	undo := reversed(j.rows)
	j.finish("undo.csv", 2)
	j.check("undo.csv", undo, from)
}

// A killedJob is one job with a server and a state folder of its own.
type killedJob struct {
	*target
	t       *testing.T
	dice    *rand.Rand
	tally   *tally
	server  *ecssim.Server
	folder  string
	env     []string
	rows    []wanted
	checked []string // the runs that were
}

// settleTime is longer than calls of a killed program take to arrive.
const settleTime = 200 * time.Millisecond

func newKilledJob(t *testing.T, seed uint64, tally *tally) *killedJob {
	const permuted, plain = 24, 8
	j := &killedJob{t: t, tally: tally, dice: rand.New(rand.NewPCG(seed, 1)), folder: t.TempDir(), target: new(target)}
	images := ecssim.Generate(permuted + plain)["cn-hangzhou"]
	to, described := j.dice.Perm(permuted), j.dice.IntN(2) == 0
	for i := range images {
		image := &images[i]
		if j.dice.IntN(2) == 0 {
			image.Description = fmt.Sprintf("old description %d", i)
		}
		row := wanted{id: image.ID, oldName: image.Name, name: fmt.Sprintf("plain-%d", i), oldDescription: image.Description}
		if i < permuted {
			row.name = images[to[i]].Name
		}
		if described && j.dice.IntN(4) == 0 {
			row.about = fmt.Sprintf("description %d", i)
		}
		j.rows = append(j.rows, row)
	}
	j.serve(images, seed, j.faults())
	return j
}

// serve starts the job's server and writes its manifest.
func (j *killedJob) serve(images []ecssim.Image, seed uint64, faults []ecssim.Fault) {
	var err error
	j.server, err = ecssim.New(ecssim.Config{
		Accounts: []ecssim.Account{{
			ID: simulatedAccount, Keys: []ecssim.Key{{AccessKeyID: "test", Secret: "secret"}},
			Regions: map[string][]ecssim.Image{"cn-hangzhou": images},
		}},
		Latency: ecssim.Latency{Median: 3 * time.Millisecond, Spread: 0.5}, Seed: seed,
		Faults: faults, Before: j.target.before,
	})
	if err != nil {
		j.t.Fatal(err)
	}
	j.writeManifest()
	j.target.next = j.server
	web := httptest.NewServer(j.target)
	j.t.Cleanup(web.Close)
	j.env = append(environment(web.URL, j.folder), "IMGRENAME_WORKERS=4", "ALIBABA_CLOUD_ACCESS_KEY_ID=test")
}

// environment returns the environment of the programs of these tests. Without
// GORACE the race detector makes each of them sleep for a second at its end.
func environment(address, folder string) []string {
	return append(os.Environ(), "IMGRENAME_ENDPOINT="+address, "IMGRENAME_STATE_DIR="+filepath.Join(folder, "state"),
		"IMGRENAME_RATE=2000/s", "IMGRENAME_SETTLE="+settleTime.String(), "IMGRENAME_YES=true",
		"ALIBABA_CLOUD_ACCESS_KEY_SECRET=secret", "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
}

// faults are what else goes wrong in two of three jobs. All calls are done;
// otherwise the program would mostly wait for the back-off.
func (j *killedJob) faults() []ecssim.Fault {
	late := ecssim.Fault{Kind: "late-write", Action: "write", By: settleTime / 5, Chance: 0.05}
	switch j.dice.IntN(3) {
	case 0:
		return []ecssim.Fault{late}
	case 1:
		return []ecssim.Fault{
			late,
			{Kind: "reset-after", Action: "write", Chance: 0.05},
			{Kind: "internal-error-after", Action: "write", Chance: 0.05},
		}
	}
	return nil
}

func (j *killedJob) writeManifest() {
	var text strings.Builder
	text.WriteString("image_id,region_id,image_name,description\n")
	for _, row := range j.rows {
		fmt.Fprintf(&text, "%s,cn-hangzhou,%s,%s\n", row.id, row.name, row.about)
	}
	if err := os.WriteFile(filepath.Join(j.folder, "names.csv"), []byte(text.String()), 0o600); err != nil {
		j.t.Fatal(err)
	}
}

// reversed is the manifest that undo should write.
func reversed(rows []wanted) []wanted {
	var undo []wanted
	for _, row := range rows {
		now := wanted{id: row.id, oldName: row.name, name: row.oldName, oldDescription: row.oldDescription}
		if row.about != "" {
			now.oldDescription, now.about = row.about, row.oldDescription
		}
		if now.oldName != now.name || now.about != "" {
			undo = append(undo, now)
		}
	}
	return undo
}

// finish starts the program until the job is done, and kills at most so many of
// them.
func (j *killedJob) finish(manifest string, most int) {
	j.t.Helper()
	for starts, killed := 0, 0; starts < 50; starts++ {
		command := []string{"apply", manifest, "--report", "report.csv"}
		resuming := len(j.runs("head.json")) > len(j.runs("end.json"))
		if resuming && j.dice.IntN(3) == 0 {
			command = []string{"resume", "--report", "report.csv"}
		}
		at := point{}
		if killed < most {
			at = points[j.dice.IntN(len(points))]
		}
		out, code := j.programKilled(at, command...)
		switch {
		case code == -1:
			killed++
			j.tally.add(at.name, resuming)
		case code != codeOK:
			j.t.Fatalf("%s: exit code %d\n%s", command[0], code, out)
		case command[0] == "apply":
			return
		}
	}
	j.t.Fatal("the job never came to its end")
}

// program runs the program to its end.
func (j *killedJob) program(args ...string) (output string, code int) {
	j.t.Helper()
	return j.programKilled(point{}, args...)
}

// programKilled runs the program and kills it at a point. If it gets there, the
// exit code is -1.
func (j *killedJob) programKilled(at point, args ...string) (output string, code int) {
	j.t.Helper()
	return j.disturbed(at, func(p *os.Process) { _ = p.Kill() }, args...)
}

// disturbed runs the program and does something to it at a point.
func (j *killedJob) disturbed(at point, what func(*os.Process), args ...string) (output string, code int) {
	j.t.Helper()
	cmd := exec.CommandContext(j.t.Context(), "imgrename", args...)
	cmd.Dir, cmd.Env = j.folder, j.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	disarm := func() {}
	shot := new(shot)
	if at.arm != nil {
		disarm = at.arm(j, shot.fire)
	}
	if err := cmd.Start(); err != nil {
		j.t.Fatal(err)
	}
	shot.load(func() { what(cmd.Process) })
	hung := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait() // the exit code tells
	disarm()
	fired := shot.fired()
	if code = cmd.ProcessState.ExitCode(); !hung.Stop() || code == -1 && !fired {
		j.t.Fatalf("%q hung, or was killed by somebody else\n%s", args, out.String())
	}
	return out.String(), code
}

// check passes what a job left to the checker and returns its run. A job that
// is done needs no more calls, by whichever command it is repeated.
func (j *killedJob) check(manifest string, rows []wanted, from int) (run string) {
	j.t.Helper()
	run, e := j.evidence(rows, from)
	for _, text := range e.violations() {
		j.t.Error(text)
	}
	before := len(writesOf(j.server.History()))
	for _, args := range [][]string{{"apply", manifest}, {"resume"}, {"resume", run}} {
		if out, code := j.program(args...); code != codeOK {
			j.t.Errorf("%q again: exit code %d\n%s", args, code, out)
		}
	}
	if after := len(writesOf(j.server.History())); after != before {
		j.t.Errorf("I13: %d writes after the end", after-before)
	}
	rebuilt, _ := j.program("report", run, "--format", "csv")
	if lines, err := csv.NewReader(strings.NewReader(rebuilt)).ReadAll(); err != nil || fmt.Sprint(lines) != fmt.Sprint(e.report) {
		j.t.Errorf("I11: the report rebuilt from the journal is another one (%v):\n%s", err, rebuilt)
	}
	return run
}
