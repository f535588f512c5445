package lifecycle_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/manifest"
	"imgrename/report"
)

var seeds = flag.Uint64("seeds", 100, "random runs to make")

// TestRebuiltReportIsTheOneOfTheEnding: random jobs under random faults, whose
// processes are killed, stopped and resumed while somebody else edits the images.
// Whenever one of them comes to an ending, the report of that ending and the one
// that is rebuilt from the journal are the same, byte for byte.
func TestRebuiltReportIsTheOneOfTheEnding(t *testing.T) {
	endings, resumed, killed := 0, 0, 0
	for seed := uint64(1); seed <= *seeds && !t.Failed(); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMortal(t, seed)
				for n := range 5 {
					e := m.live(n)
					m.meddle()
					switch {
					case m.dead.Load():
						killed++
					case e == nil:
						return // nothing is left
					case e.Run != "":
						endings++
						if n > 0 {
							resumed++
						}
						m.compare(e)
					}
				}
			})
		})
	}
	t.Logf("%d endings, %d of them resumed; %d processes killed", endings, resumed, killed)
	if *seeds >= 50 && (endings == 0 || resumed == 0 || killed == 0) {
		t.Error("something of this never happened")
	}
}

// A mortal is a world in which processes are killed: what such a process has on
// disk at that moment is what the next one finds, and none of its calls is sent
// after it.
type mortal struct {
	*world
	*rand.Rand
	rows []manifest.Row
	dead atomic.Bool
}

func newMortal(t *testing.T, seed uint64) *mortal {
	t.Helper()
	m := &mortal{Rand: rand.New(rand.NewPCG(seed, 2))}
	var faults []ecssim.Fault
	for _, kind := range []ecssim.Kind{
		"lost-before", "lost-after", "late-write", "internal-error", "stale-read", "throttle", "outsider-rename", "image-deleted",
	} {
		if m.IntN(3) == 0 {
			fault := ecssim.Fault{Kind: kind, Chance: 0.1, Times: 2}
			if kind == "late-write" || kind == "stale-read" || kind == "throttle" {
				fault.By = time.Duration(1+m.IntN(30)) * time.Second
			}
			faults = append(faults, fault)
		}
	}
	if m.IntN(2) == 0 {
		faults = append(faults, refusing(m.oneOf("a", "b", "c"), m.oneOf("d", "e", "f"))...)
	}
	m.world = newWorld(t, faults...)
	m.addRows()
	return m
}

func (m *mortal) oneOf(words ...string) string { return words[m.IntN(len(words))] }

// addRows makes a manifest: renames, swaps and edits, by id or by name, some of
// images that are not there or not as expected.
func (m *mortal) addRows() {
	ids := []string{"a", "b", "c", "d", "e", "f", "g"}
	names := []string{"aa", "bb", "cc", "xx", "yy", "zz", "ww"}
	m.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	m.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for i, id := range ids[:3+m.IntN(5)] {
		row := manifest.Row{Line: i + 2, ImageID: "m-" + id, RegionID: region, Want: manifest.Values{ImageName: names[i]}}
		switch m.IntN(4) {
		case 0:
			row.ImageID, row.Current = "", &manifest.Values{ImageName: id + id}
		case 1:
			row.Current = &manifest.Values{ImageName: m.oneOf(id+id, "other")}
		case 2:
			row.Want.Description = "new"
		}
		m.rows = append(m.rows, row)
	}
}

// live is the life of one process, the first of which applies the job. It returns
// nil if that came to no ending.
func (m *mortal) live(n int) *lifecycle.Ending {
	m.Helper()
	m.dead.Store(false)
	ctx, cancel := context.WithCancel(m.Context())
	defer cancel()
	p := m.process()
	p.Workers, p.Connect = 1+m.IntN(3), m.connectMortal
	p.Guards.Limits.Failures.Rows = m.IntN(4)
	heir := filepath.Join(m.TempDir(), "state")
	events := -1
	switch m.IntN(3) {
	case 0:
		events = m.IntN(30)
	case 1:
		time.AfterFunc(time.Duration(m.IntN(3000))*time.Millisecond, cancel)
	}
	p.at = func(lifecycle.Event) {
		if events--; events == -1 {
			m.dead.Store(true)
			m.bequeath(heir)
			cancel()
		}
	}
	e, err := m.work(ctx, p, n)
	switch {
	case m.dead.Load():
		m.state = heir
		return nil
	case err != nil:
		return nil
	}
	return e
}

// bequeath copies what is on disk.
func (m *mortal) bequeath(heir string) {
	if out, err := exec.Command("cp", "-a", m.state, heir).CombinedOutput(); err != nil {
		m.Errorf("%v: %s", err, out)
	}
}

// work does what a process is for: it applies the job, resumes what was left, or
// at last closes it.
func (m *mortal) work(ctx context.Context, p *process, n int) (*lifecycle.Ending, error) {
	m.Helper()
	var err error
	if p.State, err = runs.Open(p.state); err != nil {
		m.Fatal(err)
	}
	defer p.State.Close()
	left, err := p.State.Unfinished()
	if err != nil {
		m.Fatal(err)
	}
	switch {
	case n > 0 && len(left) == 0:
		return nil, errors.New("nothing is left")
	case n == 4:
		return p.Abandon(ctx, left[0])
	case n > 0 && m.IntN(2) == 0:
		return p.Resume(ctx, left[0])
	}
	d, err := p.Draft(ctx, lifecycle.Source{Rows: m.rows})
	if err != nil {
		return nil, err
	}
	return p.Apply(ctx, d)
}

// meddle has somebody else rename an image or make one, sometimes one that the
// manifest asks for in vain.
func (m *mortal) meddle() {
	images := m.server.Images(account, region)
	if m.IntN(3) == 0 || len(images) == 0 {
		return
	}
	image := images[m.IntN(len(images))]
	if m.IntN(2) == 0 {
		image = ecssim.Image{ID: m.oneOf("m-g", "m-h")}
	}
	image.Name = m.oneOf("aa", "gg", "gg", "other")
	_ = m.server.Put(account, region, image) // the name may be taken
}

// connectMortal connects a process whose calls end with it.
func (m *mortal) connectMortal(ctx context.Context, rows []manifest.Row) (*lifecycle.Connection, error) {
	c, err := m.connect(ctx, rows)
	if err == nil {
		c.Lanes[0].API = ecs.NewClient(region, ecs.Config{
			Credentials: ecs.Static{AccessKeyID: "key", AccessKeySecret: ecs.NewSecret("secret")},
			HTTP:        &http.Client{Transport: m},
		})
	}
	return c, err
}

// RoundTrip sends a call, unless the process is dead.
func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.dead.Load() {
		return nil, errKilled
	}
	return m.server.RoundTrip(r)
}

// compare holds an ending's report against the one that is rebuilt.
func (m *mortal) compare(e *lifecycle.Ending) {
	m.Helper()
	state, err := runs.Open(m.state)
	if err != nil {
		m.Fatal(err)
	}
	defer state.Close()
	rebuilt, err := lifecycle.Rebuild(state, e.Run)
	if err != nil {
		m.Fatal(err)
	}
	if diff := cmp.Diff(csvOf(m.T, e), csvOf(m.T, rebuilt)); diff != "" {
		m.Errorf("(-ending +rebuilt):\n%s", diff)
	}
	for i := range e.Results {
		if e.Results[i].Outcome == plan.Undecided {
			m.Errorf("row %d is undecided", i)
		}
	}
}

func csvOf(t *testing.T, e *lifecycle.Ending) string {
	t.Helper()
	var text bytes.Buffer
	if err := (report.Report{Plan: e.Plan, Results: e.Results, Extra: e.Extra}).CSV(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
