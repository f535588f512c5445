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
	"slices"
	"strings"
	"testing"
	"time"

	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/plan"
)

var (
	kills    = flag.Int("kills", 30, "how often TestKill kills the program")
	killSeed = flag.Uint64("kill-seed", 0, "the first seed of TestKill; 0 takes one from the clock")
)

// TestKill kills the program at random moments, its resumes too, with chains and
// rings under way, until it comes to its end. Then every name has to be right,
// every row in the report once, and no image may ever have had a name but its
// old, its temporary and its desired one.
func TestKill(t *testing.T) {
	seed := *killSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	for done := 0; done < *kills; seed++ {
		done += killOneJob(t, seed)
		if t.Failed() {
			t.Fatalf("replay with: go test ./cmd/imgrename -run TestKill -kill-seed %d", seed)
		}
	}
}

// A killedJob is a permutation of names and some plain renames.
type killedJob struct {
	t      *testing.T
	dice   *rand.Rand
	server *ecssim.Server
	folder string
	env    []string
	old    map[string]string // names by image id
	want   map[string]string
	ids    []string // in manifest order
}

func killOneJob(t *testing.T, seed uint64) (killed int) {
	t.Helper()
	j := newKilledJob(t, seed)
	web := httptest.NewServer(j.server)
	defer web.Close()
	j.env = append(os.Environ(), "IMGRENAME_ENDPOINT="+web.URL, "IMGRENAME_STATE_DIR="+filepath.Join(j.folder, "state"),
		"IMGRENAME_RATE=2000/s", "IMGRENAME_WORKERS=4", "IMGRENAME_SETTLE=100ms", "IMGRENAME_YES=true",
		"ALIBABA_CLOUD_ACCESS_KEY_ID=test", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=test")
	for range 50 {
		after := time.Duration(j.dice.Int64N(int64(120 * time.Millisecond)))
		if killed > 8 {
			after = time.Minute
		}
		switch j.run(after) {
		case "apply": // the whole job is done, whoever did it
			j.check()
			return killed
		case "":
			killed++
		}
	}
	t.Errorf("seed %d: the job never came to its end", seed)
	return killed
}

func newKilledJob(t *testing.T, seed uint64) *killedJob {
	const permuted, plain = 24, 8
	dice := rand.New(rand.NewPCG(seed, 1))
	images := ecssim.Generate(permuted + plain)["cn-hangzhou"]
	j := &killedJob{t: t, dice: dice, folder: t.TempDir(), old: make(map[string]string), want: make(map[string]string)}
	var rows strings.Builder
	rows.WriteString("image_id,region_id,image_name,description\n")
	to := dice.Perm(permuted)
	for i, image := range images {
		name := fmt.Sprintf("plain-%d", i)
		if i < permuted {
			name = images[to[i]].Name
		}
		description := ""
		if dice.IntN(4) == 0 {
			description = fmt.Sprintf("description %d", i)
		}
		j.ids = append(j.ids, image.ID)
		j.old[image.ID], j.want[image.ID] = image.Name, name
		fmt.Fprintf(&rows, "%s,cn-hangzhou,%s,%s\n", image.ID, name, description)
	}
	var err error
	j.server, err = ecssim.New(ecssim.Config{
		Accounts: []ecssim.Account{{
			ID: simulatedAccount, Keys: []ecssim.Key{{AccessKeyID: "test", Secret: "test"}},
			Regions: map[string][]ecssim.Image{"cn-hangzhou": images},
		}},
		Latency: ecssim.Latency{Median: 3 * time.Millisecond, Spread: 0.5}, Seed: seed,
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(j.folder, "names.csv"), []byte(rows.String()), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// run starts the program and kills it after a time. It returns the command that
// came to its end before that, "" if none did.
func (j *killedJob) run(after time.Duration) (ended string) {
	command := []string{"apply", "names.csv"}
	if j.dice.IntN(3) == 0 && j.begun() {
		command = []string{"resume"}
	}
	cmd := exec.Command("imgrename", append(command, "--report", "report.csv")...)
	cmd.Dir, cmd.Env = j.folder, j.env
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		j.t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Wait()
	switch {
	case err == nil:
		return command[0]
	case cmd.ProcessState.ExitCode() != -1:
		j.t.Fatalf("%s: %v\n%s", command[0], err, output.String())
	}
	return ""
}

// begun tells whether there is a run to resume.
func (j *killedJob) begun() bool {
	found, _ := filepath.Glob(filepath.Join(j.folder, "state", "runs", "r-*", "head.json"))
	ended, _ := filepath.Glob(filepath.Join(j.folder, "state", "runs", "r-*", "end.json"))
	return len(found) > len(ended)
}

func (j *killedJob) check() {
	j.t.Helper()
	for _, image := range j.server.Images(simulatedAccount, "cn-hangzhou") {
		if image.Name != j.want[image.ID] {
			j.t.Errorf("%s is named %q, want %q", image.ID, image.Name, j.want[image.ID])
		}
	}
	for _, call := range j.server.History() {
		if call.Action != "ModifyImageAttribute" || call.After == nil {
			continue
		}
		id, name := call.After.ID, call.After.Name
		temporary := plan.TemporaryName(simulatedAccount, "cn-hangzhou", id, j.want[id])
		if !slices.Contains([]string{j.old[id], j.want[id], temporary}, name) {
			j.t.Errorf("call %d gave %s the name %q", call.Sequence, id, name)
		}
	}
	j.checkReport()
}

// checkReport holds the last report against the manifest. The run that it is of
// may have been found finished by a later one, which then reports "unchanged".
func (j *killedJob) checkReport() {
	j.t.Helper()
	found, err := filepath.Glob(filepath.Join(j.folder, "state", "runs", "r-*", reportFile))
	if err != nil || len(found) != 1 {
		j.t.Fatalf("%d reports of runs: %v", len(found), err)
	}
	file, err := os.Open(found[0])
	if err != nil {
		j.t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil || len(rows) != len(j.ids)+1 {
		j.t.Fatalf("%d lines in the report, want %d: %v", len(rows), len(j.ids)+1, err)
	}
	for i, id := range j.ids {
		row := rows[i+1]
		outcome := "applied"
		if j.old[id] == j.want[id] && row[7] == "" {
			outcome = "unchanged"
		}
		if row[3] != id || row[4] != j.old[id] || row[5] != j.want[id] || row[6] != outcome {
			j.t.Errorf("report: %q, want %s from %q to %q, %s", row, id, j.old[id], j.want[id], outcome)
		}
	}
}
