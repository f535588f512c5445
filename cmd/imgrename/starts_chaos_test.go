package main

import (
	"bytes"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"imgrename/batch/ecs/ecssim"
)

var starts = flag.Int("starts", 24, "how many processes TestStarts starts on one lane")

// aliveAtOnce limits the memory that the processes take: when one ends, the
// next starts. At most mostVictims of those that get the lane are killed, so
// that it passes on.
const aliveAtOnce, mostVictims = 48, 4

// TestStarts starts many processes on one lane with the same manifest, each
// with an access key of its own. One at a time works, the others end and say
// so. Some of those that work are killed; then one other continues, never two.
func TestStarts(t *testing.T) {
	s := newStorm(t)
	ended := make([]int, *starts)
	var g errgroup.Group
	g.SetLimit(aliveAtOnce)
	for i := range ended {
		g.Go(func() error {
			code, out, err := s.start(fmt.Sprintf("key-%d", i))
			ended[i] = code
			if err == nil && code != codeOK && code != codeHeld && !s.isVictim(fmt.Sprintf("key-%d", i)) {
				err = fmt.Errorf("process %d: exit code %d\n%s", i, code, out)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	if code, out, err := s.start("last"); err != nil || code != codeOK {
		t.Fatalf("the last one: exit code %d, %v\n%s", code, err, out)
	}
	for _, text := range interleaved(s.server.History()) {
		t.Error(text)
	}
	s.check(t)
	counts := make(map[int]int)
	for _, code := range ended {
		counts[code]++
	}
	t.Logf("%d starts, %d at work, %d of them killed; by exit code: %v", *starts, len(s.workers()), len(s.victims), counts)
}

// A storm is one lane that many want.
type storm struct {
	server *ecssim.Server
	folder string
	env    []string
	rows   []wanted

	mu      sync.Mutex
	alive   map[string]*exec.Cmd
	writes  map[string]int  // that have come, by key
	victims map[string]bool // keys whose process was killed
}

func newStorm(t *testing.T) *storm {
	const images, median = 100, 4 * time.Millisecond
	s := &storm{
		folder: t.TempDir(), alive: make(map[string]*exec.Cmd),
		writes: make(map[string]int), victims: make(map[string]bool),
	}
	account := ecssim.Account{ID: simulatedAccount, Regions: ecssim.Generate(images), Keys: []ecssim.Key{{AccessKeyID: "last", Secret: "secret"}}}
	for i := range *starts {
		account.Keys = append(account.Keys, ecssim.Key{AccessKeyID: fmt.Sprintf("key-%d", i), Secret: "secret"})
	}
	all := account.Regions["cn-hangzhou"]
	var manifest strings.Builder
	manifest.WriteString("image_id,region_id,image_name\n")
	for i, image := range all {
		row := wanted{id: image.ID, oldName: image.Name, name: all[i^1].Name} // they swap names in pairs
		s.rows = append(s.rows, row)
		fmt.Fprintf(&manifest, "%s,cn-hangzhou,%s\n", row.id, row.name)
	}
	var err error
	s.server, err = ecssim.New(ecssim.Config{Accounts: []ecssim.Account{account}, Latency: ecssim.Latency{Median: median, Spread: 0.5}, Before: s.before})
	if err == nil {
		err = os.WriteFile(filepath.Join(s.folder, "names.csv"), []byte(manifest.String()), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.server)
	t.Cleanup(web.Close)
	s.env = append(environment(web.URL, s.folder), "IMGRENAME_WORKERS=2")
	return s
}

// start runs one process to its end.
func (s *storm) start(key string) (code int, output string, err error) {
	cmd := exec.Command("imgrename", "apply", "names.csv")
	cmd.Dir, cmd.Env = s.folder, slices.Concat(s.env, []string{"ALIBABA_CLOUD_ACCESS_KEY_ID=" + key})
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	s.mu.Lock()
	err = cmd.Start()
	s.alive[key] = cmd
	s.mu.Unlock()
	if err != nil {
		return 0, "", err
	}
	hung := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait() // the exit code tells
	if !hung.Stop() {
		return 0, "", fmt.Errorf("%s hung\n%s", key, out.String())
	}
	return cmd.ProcessState.ExitCode(), out.String(), nil
}

// before is the server's hook before each call is done. It kills the process
// that sent the fifth write of its key.
func (s *storm) before(call ecssim.Call) {
	if call.Action != editing {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes[call.Key]++
	if s.writes[call.Key] == 5 && len(s.victims) < mostVictims && call.Key != "last" {
		s.victims[call.Key] = true
		_ = s.alive[call.Key].Process.Kill()
	}
}

func (s *storm) isVictim(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.victims[key]
}

// workers are the keys that wrote.
func (s *storm) workers() (keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.writes {
		keys = append(keys, key)
	}
	return keys
}

// check passes what they have left, all together, to the checker.
func (s *storm) check(t *testing.T) {
	t.Helper()
	sealed, err := filepath.Glob(filepath.Join(s.folder, "state", "runs", "r-*", "plan.json"))
	if err != nil || len(sealed) != 1 {
		t.Fatalf("%d runs have sealed a plan: %v", len(sealed), err)
	}
	e := readEvidence(t, filepath.Dir(sealed[0]))
	e.account, e.region, e.settle = simulatedAccount, "cn-hangzhou", settleTime
	e.manifest, e.history, e.final = s.rows, s.server.History(), s.server.Images(simulatedAccount, "cn-hangzhou")
	for _, text := range e.violations() {
		t.Error(text)
	}
}
