package batch_test

import (
	"flag"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/plan"
)

var (
	modelFaults = flag.Int("model-faults", 0, "faults in one trace of the model (0: what the scene can afford)")
	modelHasty  = flag.Bool("model-hasty", false, "in the model, no resume waits for calls that may still land")
	modelScript = flag.String("model-script", "", "tell this story of the model only; -run selects its scene")
)

// A modelScene is what the traces of a search have in common.
type modelScene struct {
	name      string
	has       []string // "id:name"
	wants     []string // "id name", "id name description"
	age       time.Duration
	ownName   bool          // the API calls an image's own name Duplicated
	lag       time.Duration // of every read
	hasty     bool          // a resume does not wait for calls that may still land
	described bool          // an outsider may also describe images
	faults    int           // in one trace; 2 if 0
	ablation
}

var modelScenes = []modelScene{
	{name: "swap", has: []string{"m-1:a", "m-2:b"}, wants: []string{"m-1 b", "m-2 a"}, age: 8 * time.Second, faults: 3},
	{
		name: "swap, own name refused", has: []string{"m-1:a", "m-2:b"}, wants: []string{"m-1 b", "m-2 a"},
		age: 11 * time.Second, ownName: true,
	},
	{name: "chain", has: []string{"m-1:a", "m-2:b", "m-3:c"}, wants: []string{"m-1 b", "m-2 c", "m-3 d"}, age: 8 * time.Second},
	{name: "ring", has: []string{"m-1:a", "m-2:b", "m-3:c"}, wants: []string{"m-1 b", "m-2 c", "m-3 a"}, age: 8 * time.Second},
	{
		name: "ring, described by an outsider", has: []string{"m-1:a", "m-2:b", "m-3:c"}, wants: []string{"m-1 b", "m-2 c", "m-3 a"},
		age: 11 * time.Second, described: true,
	},
	{name: "swap and tail", has: []string{"m-1:a", "m-2:b", "m-3:c"}, wants: []string{"m-1 b", "m-2 a", "m-3 d"}, age: 8 * time.Second},
	{name: "swap with descriptions", has: []string{"m-1:a", "m-2:b"}, wants: []string{"m-1 b one", "m-2 a two"}, age: 8 * time.Second},
	{name: "chain, own name refused", has: []string{"m-1:a", "m-2:b", "m-3:c"}, wants: []string{"m-1 b", "m-2 c", "m-3 d"}, ownName: true},
	{name: "swap, reads lag", has: []string{"m-1:a", "m-2:b"}, wants: []string{"m-1 b", "m-2 a"}, age: 8 * time.Second, lag: time.Second},
	{name: "one row, resumed in haste", has: []string{"m-1:a"}, wants: []string{"m-1 b"}, age: 8 * time.Second, hasty: true},
}

// TestModel plays every trace of small plans with up to two faults, or three: each
// call may have each fate, and the engine decides what comes next.
func TestModel(t *testing.T) {
	for _, s := range modelScenes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if *modelScript != "" {
					t.Log("\n" + s.stand().tell(scriptOf(*modelScript)))
					return
				}
				s.check(t)
			})
		})
	}
}

func (s *modelScene) check(t *testing.T) {
	search := newSearch(s)
	depth := s.depth()
	search.explore(nil, depth)
	t.Logf("%d traces of up to %d faults, %d states: %v", search.traces, depth, len(search.states), search.ends)
	for _, invariant := range slices.Sorted(maps.Keys(search.found)) {
		f := search.found[invariant]
		t.Errorf("%s, %d times, first: %s\n-run '%s' -model-script '%s'\n%s",
			invariant, f.times, f.what, t.Name(), scriptText(f.script), search.tell(f.script))
	}
	// A search that never gets into trouble shows nothing.
	for kind, n := range search.met {
		if n == 0 {
			t.Errorf("no call was ever %q", fate{kind: fateKind(kind)})
		}
	}
	for _, outcome := range []plan.Outcome{plan.Applied, plan.Failed, plan.Conflict} {
		if search.ends[outcome.String()] == 0 && depth > 1 {
			t.Errorf("no row ever ended as %s", outcome)
		}
	}
}

// depth is how many faults a trace may have. A hasty resume is searched with fewer:
// the wait is there to prevent a stale listing just after a write of ours.
func (s *modelScene) depth() int {
	most := max(s.faults, 2)
	switch {
	case *modelFaults > 0 && s.hasty:
		return min(*modelFaults, 2)
	case *modelFaults > 0:
		return *modelFaults
	case testing.Short() && modelRace:
		return 1
	case testing.Short(), modelRace:
		return most - 1
	}
	return most
}
