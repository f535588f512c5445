package main

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/pflag"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// sparse is the real cloud without calls.
type sparse struct{ alibaba }

func (sparse) transport() *http.Client { return &http.Client{} }

// A lane is one account in one region, whichever profiles lead there, and has
// the rate that was given twice: for reads and for writes.
func TestLanesHaveGatesOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &common{given: setFlags{"rate": {}}, rate: 4, workers: 3, retries: 7, settle: time.Second, maxOutage: time.Hour}
		mine, theirs := owner{provider: ecs.Static{}, account: "1"}, owner{provider: ecs.Static{}, account: "2"}
		found := &lanes{common: c, on: sparse{}, owners: map[string]owner{"a": mine, "b": mine, "c": theirs}, known: make(map[plan.Lane]int)}
		for i, at := range []struct {
			profile, region string
			lane            int
		}{
			{"a", "cn-x", 0},
			{"a", "cn-y", 1},
			{"b", "cn-x", 0},
			{"c", "cn-x", 2},
		} {
			if got := found.at(&manifest.Row{Profile: at.profile, RegionID: at.region}); got != at.lane {
				t.Errorf("row %d is in lane %d, want %d", i, got, at.lane)
			}
		}
		if first := found.list[0]; len(first.Writers) != 1 || first.Writers["b"] == nil || first.Writers["b"] == first.API {
			t.Errorf("profile b writes with %v", first.Writers)
		}
		if others := len(found.list[1].Writers) + len(found.list[2].Writers); others != 0 {
			t.Errorf("%d writers in lanes of one profile", others)
		}
		want := batch.DefaultRetry
		want.Attempts, want.Settle, want.MaxOutage = 7, time.Second, time.Hour
		for i, lane := range found.list {
			if lane.Retry != want {
				t.Errorf("lane %d: %+v, want %+v", i, lane.Retry, want)
			}
			for _, gate := range []*pace.Gate{lane.Reads, lane.Writes} {
				if first, second := enterGate(t, gate), enterGate(t, gate); first != 0 || second != time.Second/4 {
					t.Errorf("lane %d: the first call after %s, the second after %s more", i, first, second)
				}
			}
		}
	})
}

// enterGate makes a call at a gate and returns how long it had to wait.
func enterGate(t *testing.T, g *pace.Gate) time.Duration {
	t.Helper()
	start := time.Now()
	ticket, err := g.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g.Leave(ticket, pace.Reply{Answer: pace.Accepted})
	return time.Since(start)
}

// Where no rate is given, the first reads of a lane go at once; its writes do not.
func TestFirstReadsOfALane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &common{rate: 4}
		found := &lanes{common: c, on: sparse{}, owners: map[string]owner{"": {provider: ecs.Static{}}}, known: make(map[plan.Lane]int)}
		found.at(&manifest.Row{RegionID: "cn-x"})
		lane := found.list[0]
		for i := range 9 {
			if waited := enterGate(t, lane.Reads); (waited == 0) != (i < 8) {
				t.Errorf("read %d had to wait %s", i+1, waited)
			}
		}
		if first, second := enterGate(t, lane.Writes), enterGate(t, lane.Writes); first != 0 || second != time.Second/4 {
			t.Errorf("the first write after %s, the second after %s more", first, second)
		}
	})
}

// The usual ceiling is 0.9 of the 1000 calls a minute that ECS publishes.
func TestUsualRate(t *testing.T) {
	var c common
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	c.bind(flags)
	if c.rate != 0.9*1000/60 || c.workers != 16 || c.maxOutage != batch.DefaultRetry.MaxOutage {
		t.Errorf("rate %v, %d workers, at most %s of outage", c.rate, c.workers, c.maxOutage)
	}
}
