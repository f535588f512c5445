package batch_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// afterwards calls a function after each request.
type afterwards struct {
	http.RoundTripper
	do func()
}

func (a afterwards) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := a.RoundTripper.RoundTrip(r)
	a.do()
	return response, err
}

// A member that somebody else has renamed is not put back.
func TestRingLeavesWhatOthersMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var st *stage
		s := scene{faults: []ecssim.Fault{refuse("m-2", 0)}, age: time.Minute}
		s.images, s.rows = ring()
		s.wire = func(next http.RoundTripper) http.RoundTripper {
			var once sync.Once
			return afterwards{next, func() {
				if list := st.server.Images(account, region); plan.IsTemporary(list[0].Name) {
					once.Do(func() {
						st.put("m-3", "a")
						time.Sleep(11 * time.Second) // what was read before is not relied on any more
					})
				}
			}}
		}
		st = s.build(t)
		st.seen = time.Now()
		inventories, err := batch.Load(t.Context(), st.lanes)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(s.age)
		r := s.run(t.Context(), st, plan.New(requests(s.rows, st.lanes), inventories))
		r.want("stranded failed unchanged", "TemporaryName UnsupportedParameter -", "12 1 0", "TEMPORARY b a")
	})
}

// The other edits of a ring's members are sent before anything is parked, so that
// every image still has its name if a value is refused.
func TestRingSendsOtherEditsFirst(t *testing.T) {
	tests := []struct {
		name                   string
		faults                 []ecssim.Fault
		outcomes, names, texts string
		attempts               string
		blocked                int // a row whose other edits stay; -1 for none
	}{
		{name: "all goes well", outcomes: "applied applied applied", names: "b c a", texts: "one two -", attempts: "3 2 1", blocked: -1},
		{
			name: "the second value is refused", faults: []ecssim.Fault{refuse("m-1", 0)},
			outcomes: "failed blocked blocked", names: "a b c", texts: "- two -", attempts: "1 1 0", blocked: 1,
		},
		{
			name: "the second name is refused", faults: []ecssim.Fault{refuse("m-2", 1)},
			outcomes: "blocked failed blocked", names: "a b c", texts: "one two -", attempts: "3 2 2", blocked: 1,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{faults: test.faults}
				s.images, s.rows = ring()
				s.rows[0].Want.Description, s.rows[1].Want.Description = "one", "two"
				r := s.play(t.Context(), t)
				r.want(test.outcomes, r.codes(), test.attempts, test.names)
				var texts []string
				for _, image := range r.server.Images(account, region) {
					texts = append(texts, map[bool]string{true: "-", false: image.Description}[image.Description == ""])
				}
				if got := strings.Join(texts, " "); got != test.texts {
					t.Errorf("descriptions: got %s, want %s", got, test.texts)
				}
				if test.blocked >= 0 && r.results[test.blocked].Edited.String() != "description" {
					t.Errorf("edited: got %q", r.results[test.blocked].Edited)
				}
			})
		})
	}
}

func TestRingSaysWhatBecameOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{faults: []ecssim.Fault{refuse("m-2", 0), refuse("m-1", 1)}}
		s.images, s.rows = ring()
		r := s.play(t.Context(), t)
		want := []string{
			`m-1 is named "` + plan.TemporaryName(account, region, "m-1", "bb") + `"; it was "aa" and should be "bb"`,
			r.results[1].Message,
			`put back to "cc": m-2 is failed`,
		}
		for i, result := range r.results {
			if result.Message != want[i] {
				t.Errorf("row %d: got %q, want %q", i, result.Message, want[i])
			}
		}
	})
}

// A ring that is open when the run is told to stop is finished within the grace.
// No other chain starts.
func TestRingIsFinishedInTheGrace(t *testing.T) {
	tests := []struct {
		name            string
		latency         time.Duration
		at              time.Duration // after the start of the run
		faults          []ecssim.Fault
		outcomes, names string
		took            time.Duration
	}{
		{"before it was opened", time.Second, 0, nil, "pending pending pending pending", "a b c x", 0},
		{"while it is opened", time.Second, 500 * time.Millisecond, nil, "applied applied applied pending", "b c a x", 5 * time.Second},
		{"while it is open", time.Second, 2500 * time.Millisecond, nil, "applied applied applied pending", "b c a x", 5 * time.Second},
		{
			"for longer than the grace", 6 * time.Second, time.Second, nil,
			"stranded pending unknown pending", "TEMPORARY b a x", 12 * time.Second,
		},
		{
			"an answer was lost", time.Second, 1500 * time.Millisecond,
			[]ecssim.Fault{write("internal-error", "m-3", 1)},
			"applied applied applied pending", "b c a x", 7 * time.Second,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{faults: test.faults, workers: 1, retry: exact}
				s.images, s.rows = ring()
				s.images, s.rows = append(s.images, image("m-4:x")), append(s.rows, row("m-4:y"))
				s.server.Latency.Median = test.latency
				ctx, cancel := context.WithCancelCause(t.Context())
				s.before = func(st *stage, _ *plan.Plan) {
					st.seen = time.Now()
					time.AfterFunc(test.at, func() { cancel(errSignal) })
					if test.at == 0 {
						cancel(errSignal)
					}
				}
				r := s.play(ctx, t)
				if got := r.outcomes(); got != test.outcomes {
					t.Errorf("outcomes: got %s, want %s\n%s", got, test.outcomes, r.messages())
				}
				if got := r.names(); got != test.names {
					t.Errorf("names: got %s, want %s", got, test.names)
				}
				if r.took.Truncate(time.Second) != test.took {
					t.Errorf("took %s, want %s", r.took, test.took)
				}
			})
		})
	}
}

// A ring that an earlier run has left open is a path now.
func TestOpenRing(t *testing.T) {
	temporary := plan.TemporaryName(account, region, "m-1", "bb")
	tests := []struct {
		name                             string
		age                              time.Duration
		known                            bool // the row says what the name was before
		others                           []string
		faults                           []ecssim.Fault
		stop                             time.Duration // 0: never
		outcomes, codes, attempts, names string
	}{
		{
			name: "finished", others: []string{"m-2:b", "m-3:c"},
			outcomes: "applied applied applied", codes: "- - -", attempts: "1 1 1", names: "b c a",
		},
		{
			name: "finished in a long run", others: []string{"m-2:b", "m-3:c"}, age: time.Minute,
			outcomes: "applied applied applied", codes: "- - -", attempts: "1 1 1", names: "b c a",
		},
		{
			name: "finished in the grace", others: []string{"m-2:b", "m-3:c"}, stop: 1500 * time.Millisecond,
			outcomes: "applied applied applied", codes: "- - -", attempts: "1 1 1", names: "b c a",
		},
		{
			name: "not begun", others: []string{"m-2:b", "m-3:c"}, stop: 1,
			outcomes: "stranded pending pending", codes: "TemporaryName Stopped Stopped", attempts: "0 0 0", names: "TEMPORARY b c",
		},
		{
			name: "refused, and the name before is known: put back", known: true, others: []string{"m-2:b", "m-3:c"},
			faults:   []ecssim.Fault{refuse("m-2", 0)},
			outcomes: "blocked failed blocked", codes: "PutBack UnsupportedParameter PutBack", attempts: "1 1 2", names: "a b c",
		},
		{
			name: "refused, and the name before is not known: stranded", others: []string{"m-2:b", "m-3:c"},
			faults:   []ecssim.Fault{refuse("m-2", 0)},
			outcomes: "stranded failed blocked", codes: "TemporaryName UnsupportedParameter PutBack", attempts: "0 1 2", names: "TEMPORARY b c",
		},
		{
			name: "refused, and the name before is taken: stranded", known: true, others: []string{"m-2:b", "m-3:a"},
			faults:   []ecssim.Fault{refuse("m-2", 0)},
			outcomes: "stranded failed unchanged", codes: "TemporaryName UnsupportedParameter -", attempts: "1 1 0", names: "TEMPORARY b a",
		},
		{
			name: "the last move is refused", known: true, others: []string{"m-2:b", "m-3:c"},
			faults:   []ecssim.Fault{{Kind: "refuse", Code: "UnsupportedParameter", Image: "m-1", Times: 1, Action: "write"}},
			outcomes: "failed blocked blocked", codes: "UnsupportedParameter PutBack PutBack", attempts: "2 2 2", names: "a b c",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{faults: test.faults, age: test.age, images: images(append(slices.Clone(test.others), "m-1:"+temporary)...)}
				_, s.rows = ring()
				if test.known {
					s.rows[0].Current = &manifest.Values{ImageName: "aa"}
				}
				s.server.Latency.Median = time.Second
				ctx, cancel := context.WithCancelCause(t.Context())
				s.before = func(st *stage, p *plan.Plan) {
					st.seen = time.Now().Add(-s.age)
					if len(p.Chains) != 1 || !p.Chains[0].Open {
						t.Fatalf("the plan has no open ring: %+v", p.Chains)
					}
					if test.stop == 1 {
						cancel(errSignal)
					} else if test.stop > 0 {
						time.AfterFunc(test.stop, func() { cancel(errSignal) })
					}
				}
				r := s.play(ctx, t)
				r.want(test.outcomes, test.codes, test.attempts, test.names)
			})
		})
	}
}
