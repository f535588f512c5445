package batch_test

import (
	"fmt"
	"hash/maphash"
	"strings"
	"time"

	"imgrename/batch/history"
)

// A search plays every trace of a scene with at most so many faults.
type search struct {
	*stand
	seed   maphash.Seed
	states map[uint64]struct{}
	traces int
	found  map[string]*finding
	ends   map[string]int // how many rows end in which way
	met    [fateKinds]int // how many faults of each kind there were
}

// A finding is a violated invariant and the first trace that violates it.
type finding struct {
	times  int
	what   string
	script []int
}

func newSearch(s *modelScene) *search {
	return &search{
		stand: s.stand(), seed: maphash.MakeSeed(), states: make(map[uint64]struct{}),
		found: make(map[string]*finding), ends: make(map[string]int),
	}
}

// explore plays a script and all that extend it by up to so many faults. Every
// trace is played exactly once.
func (s *search) explore(script []int, left int) {
	t := s.start(script)
	t.states, t.seed = s.states, s.seed
	t.play()
	s.traces++
	for _, r := range t.results {
		s.ends[r.Outcome.String()]++
	}
	for kind, n := range t.met {
		s.met[kind] += n
	}
	for _, v := range t.violations {
		f := s.found[v.invariant]
		if f == nil {
			f = &finding{what: v.what, script: script}
			s.found[v.invariant] = f
		}
		f.times++
		if faults(script) < faults(f.script) {
			f.what, f.script = v.what, script
		}
	}
	if left == 0 {
		return
	}
	for at := len(script); at < len(t.widths); at++ {
		for choice := 1; choice < t.widths[at]; choice++ {
			next := make([]int, at+1)
			copy(next, script)
			next[at] = choice
			s.explore(next, left-1)
		}
	}
}

func faults(script []int) (n int) {
	for _, choice := range script {
		n += min(choice, 1)
	}
	return n
}

// tell plays a script once more and reports what happened.
func (st *stand) tell(script []int) string {
	t := st.start(script)
	t.wordy = true
	t.play()
	return strings.Join(t.story, "\n")
}

// pick returns the fate that the script has for the call.
func (t *trace) pick(fates []fate) fate {
	if t.rerun {
		return fate{}
	}
	at := len(t.widths)
	t.widths = append(t.widths, len(fates))
	if at >= len(t.script) {
		t.count()
		t.met[fine]++
		return fate{}
	}
	if t.script[at] >= len(fates) {
		panic(fmt.Sprintf("the model does not repeat itself: %v has no fate %d at %d", fates, t.script[at], at))
	}
	f := fates[t.script[at]]
	t.met[f.kind]++
	return f
}

// count notes the state that the trace is in.
func (t *trace) count() {
	if t.states == nil {
		return
	}
	var h maphash.Hash
	h.SetSeed(t.seed)
	t.sum(&h, time.Now())
	maphash.WriteComparable(&h, t.journal)
	maphash.WriteComparable(&h, t.life)
	t.states[h.Sum64()] = struct{}{}
}

// write adds a record to the journal and to its hash.
func (t *trace) write(r history.Record) {
	t.records = append(t.records, r)
	if t.states == nil {
		return
	}
	var h maphash.Hash
	h.SetSeed(t.seed)
	maphash.WriteComparable(&h, t.journal)
	maphash.WriteComparable(&h, r.Kind)
	maphash.WriteComparable(&h, r.Row)
	maphash.WriteComparable(&h, r.Class)
	if r.Set != nil {
		maphash.WriteComparable(&h, *r.Set)
	}
	t.journal = h.Sum64()
}

func scriptOf(text string) (script []int) {
	for word := range strings.FieldsSeq(text) {
		n := 0
		_, _ = fmt.Sscan(word, &n)
		script = append(script, n)
	}
	return script
}

func scriptText(script []int) string { return strings.Trim(fmt.Sprint(script), "[]") }
