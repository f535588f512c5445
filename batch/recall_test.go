package batch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// A notebook is a journal in memory, which may be full.
type notebook struct {
	mu      sync.Mutex
	records []batch.Record
	room    int // for records; 0 is no limit
}

var errFull = errors.New("no space left on device")

func (n *notebook) Commit(r batch.Record) error { return n.Append(r) }

func (n *notebook) Append(r batch.Record) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.room > 0 && len(n.records) >= n.room {
		return errFull
	}
	n.records = append(n.records, r)
	return nil
}

// story is the records in short: what was intended for and answered to which
// row, and how it ended.
func (n *notebook) story() string {
	var words []string
	for _, r := range n.records {
		switch r.Kind {
		case batch.Intent:
			words = append(words, fmt.Sprintf("%d→%s", r.Row, r.Set.ImageName))
		case batch.Answer:
			words = append(words, fmt.Sprintf("%d:%s", r.Row, r.Class))
		case batch.Withdrawn:
			words = append(words, fmt.Sprintf("%d×", r.Row))
		case batch.Ended:
			words = append(words, fmt.Sprintf("%d=%s", r.Row, r.Result.Outcome))
		}
	}
	return strings.Join(words, " ")
}

func TestJournalTellsTheStory(t *testing.T) {
	for _, tt := range []struct {
		name, rows, want string
		faults           []ecssim.Fault
	}{
		{name: "a rename", rows: "m-1:b", want: "0→bb 0:applied 0=applied"},
		{name: "nothing to do", rows: "m-1:a", want: "0=unchanged"},
		{
			name: "an answer lost", rows: "m-1:b", faults: []ecssim.Fault{write("lost-after", "m-1", 1)},
			want: "0→bb 0:ambiguous 0=applied",
		},
		{
			name: "a throttled call", rows: "m-1:b", faults: []ecssim.Fault{write("throttle", "m-1", 1)},
			want: "0→bb 0:throttled 0→bb 0:applied 0=applied",
		},
		{
			name: "a refusal", rows: "m-1:b",
			faults: []ecssim.Fault{{Kind: "refuse", Image: "m-1", Action: "write", Code: "InvalidParameter", Status: 400, Times: 1}},
			want:   "0→bb 0:refused 0=failed",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := new(notebook)
				s := scene{images: images("m-1:a"), rows: rows(tt.rows), faults: tt.faults, journal: n}
				r := s.play(t.Context(), t)
				if got := n.story(); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
				if diff := cmp.Diff(r.results, rebuilt(r.plan, n.records)); diff != "" {
					t.Errorf("results rebuilt from the journal (-run +rebuilt):\n%s", diff)
				}
			})
		})
	}
}

// Whatever record the journal has no room for, no call is sent that is not in
// it, and what was sent can be told from it.
func TestFullJournalStopsTheRun(t *testing.T) {
	for room := 1; room < 12; room++ {
		t.Run(fmt.Sprint(room), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &notebook{room: room}
				s := scene{
					images: images("m-1:a", "m-2:b", "m-3:c", "m-4:d"), rows: rows("m-1:b", "m-2:a", "m-3:x", "m-4:y"),
					workers: 1, journal: n,
				}
				r := s.play(t.Context(), t)
				broken, ok := errors.AsType[*batch.JournalError](r.err)
				if !ok || !errors.Is(broken, errFull) {
					t.Fatalf("the run ended with %v, want a JournalError", r.err)
				}
				intents := strings.Count(n.story(), "→")
				if sent := len(r.writes()); sent != intents {
					t.Errorf("%d calls sent, %d in the journal: %s", sent, intents, n.story())
				}
			})
		})
	}
}

// A first process is cut off at each record of its journal; the second one
// knows what the journal and the listing say, and nothing else.
func TestResumeFromEachRecord(t *testing.T) {
	images := images("m-1:a", "m-2:b", "m-3:c", "m-4:d")
	for room := 1; room < 14; room++ {
		t.Run(fmt.Sprint(room), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &notebook{room: room}
				first := scene{images: images, rows: rows("m-1:b", "m-2:a", "m-3:x", "m-4:d"), workers: 1, journal: n}
				before := first.play(t.Context(), t)

				listed, err := batch.Load(t.Context(), before.lanes)
				if err != nil {
					t.Fatal(err)
				}
				again := scene{journal: new(notebook), past: recall(n.records)}
				before.seen = time.Now()
				r := again.run(t.Context(), before.stage, plan.Compare(before.plan, listed))
				if got, want := r.outcomes(), "applied applied applied unchanged"; got != want {
					t.Errorf("outcomes: got %s, want %s\njournal: %s\n%s", got, want, n.story(), r.messages())
				}
				if got, want := r.names(), "b a x d"; got != want {
					t.Errorf("names: %s, want %s", got, want)
				}
				intents := strings.Count(n.story(), "→") + strings.Count(again.journal.(*notebook).story(), "→")
				if got := len(r.writes()); got != intents {
					t.Errorf("%d calls, %d in the journals", got, intents)
				}
			})
		})
	}
}

// recall is what a journal with these records tells of each row.
func recall(records []batch.Record) map[int]batch.Past {
	var h batch.History
	for _, r := range records {
		h.Recall(r)
	}
	return h.Past()
}

// settledAt is when what the records tell of is settled.
func settledAt(records []batch.Record, settle time.Duration) time.Time {
	var h batch.History
	for _, r := range records {
		h.Recall(r)
	}
	return h.SettledAt(settle)
}

// rebuilt are the results that a journal with these records tells.
func rebuilt(p *plan.Plan, records []batch.Record) []batch.Result {
	b := batch.NewRebuild(p)
	for _, r := range records {
		b.Recall(r)
	}
	return b.Results()
}

func TestRecall(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2026, 11, 23, 3, 15, s, 0, time.UTC) }
	set := func(name string) *ecs.Attributes { return &ecs.Attributes{ImageName: name} }
	intent := func(s int, name string) batch.Record {
		return batch.Record{Kind: batch.Intent, At: at(s), Set: set(name)}
	}
	answer := func(s int, class ecs.Class) batch.Record {
		return batch.Record{Kind: batch.Answer, At: at(s), Class: class, RequestID: "id"}
	}
	withdrawn := func(s int) batch.Record { return batch.Record{Kind: batch.Withdrawn, At: at(s)} }
	ended := func(s int, r batch.Result) batch.Record {
		return batch.Record{Kind: batch.Ended, At: at(s), Result: &r}
	}
	describe := batch.Record{Kind: batch.Intent, At: at(1), Set: &ecs.Attributes{Description: "new"}}
	name, about := ecs.Fields(0).With(ecs.ImageName), ecs.Fields(0).With(ecs.Description)
	for _, tt := range []struct {
		name    string
		records []batch.Record
		want    batch.Past
	}{
		{"an acknowledged call", []batch.Record{intent(1, "b"), answer(2, ecs.Applied)}, batch.Past{Attempts: 1, Started: batch.MomentOf(at(1)), Sent: true, Made: name, RequestID: "id", Name: "b"}},
		{"a call without an answer", []batch.Record{intent(1, "b")}, batch.Past{Attempts: 1, Started: batch.MomentOf(at(1)), Sent: true, Unsure: name, Late: batch.Late{At: at(1), Set: *set("b")}}},
		{"a refused call", []batch.Record{intent(1, "b"), answer(2, ecs.Refused)}, batch.Past{Attempts: 1, Started: batch.MomentOf(at(1))}},
		{"a throttled call counts for nothing", []batch.Record{intent(1, "b"), answer(2, ecs.Throttled)}, batch.Past{Started: batch.MomentOf(at(1))}},
		{"a call with a wrong date counts for nothing", []batch.Record{intent(1, "b"), answer(2, ecs.Skewed)}, batch.Past{Started: batch.MomentOf(at(1))}},
		{"a call that was not sent", []batch.Record{intent(1, "b"), withdrawn(2)}, batch.Past{Started: batch.MomentOf(at(1))}},
		{
			"a call that was not sent, of a process after one that died",
			[]batch.Record{intent(1, "b"), intent(5, "b"), withdrawn(6)},
			batch.Past{Attempts: 1, Started: batch.MomentOf(at(1)), Sent: true, Unsure: name, Late: batch.Late{At: at(1), Set: *set("b")}},
		},
		{
			"the same call twice, neither answered clearly",
			[]batch.Record{intent(1, "b"), answer(2, ecs.Ambiguous), intent(3, "b")},
			batch.Past{Attempts: 2, Started: batch.MomentOf(at(1)), Sent: true, Unsure: name, Late: batch.Late{At: at(3), Set: *set("b")}},
		},
		{
			"different calls of unknown fate",
			[]batch.Record{intent(1, "t"), answer(2, ecs.Ambiguous), intent(3, "b")},
			batch.Past{Attempts: 2, Started: batch.MomentOf(at(1)), Sent: true, Unsure: name, Late: batch.Late{At: at(3), Set: *set("t"), Several: true}},
		},
		{
			"two processes, the first one died",
			[]batch.Record{intent(1, "b"), intent(5, "b"), answer(6, ecs.Applied)},
			batch.Past{Attempts: 2, Started: batch.MomentOf(at(1)), Sent: true, Made: name, RequestID: "id", Name: "b", Late: batch.Late{At: at(1), Set: *set("b")}},
		},
		{
			"other edits, and a name of which nothing is known",
			[]batch.Record{describe, answer(2, ecs.Applied), intent(3, "t"), answer(4, ecs.Ambiguous)},
			batch.Past{Attempts: 2, Started: batch.MomentOf(at(1)), Sent: true, Made: about, Unsure: name, RequestID: "id", Late: batch.Late{At: at(3), Set: *set("t")}},
		},
		{
			"what was made once is not in doubt when it is sent again",
			[]batch.Record{describe, answer(2, ecs.Applied), describe},
			batch.Past{Attempts: 2, Started: batch.MomentOf(at(1)), Sent: true, Made: about, RequestID: "id", Late: batch.Late{At: at(1), Set: *describe.Set}},
		},
		{
			"a result says what was read",
			[]batch.Record{describe, answer(2, ecs.Ambiguous), intent(3, "t"), answer(4, ecs.Applied), ended(5, batch.Result{Outcome: plan.Stranded, Edited: about, Unsure: name})},
			batch.Past{Attempts: 2, Started: batch.MomentOf(at(1)), Sent: true, Made: about, Unsure: name, RequestID: "id", Late: batch.Late{At: at(1), Set: *describe.Set}},
		},
		{
			"a row that was applied has all its edits",
			[]batch.Record{intent(1, "b"), answer(2, ecs.Ambiguous), ended(3, batch.Result{Outcome: plan.Applied})},
			batch.Past{Attempts: 1, Started: batch.MomentOf(at(1)), Sent: true, Made: name, Late: batch.Late{At: at(1), Set: *set("b")}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, recall(tt.records)[0]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("a row of which no call was written down takes no room", func(t *testing.T) {
		if past := recall([]batch.Record{ended(1, batch.Result{Outcome: plan.Unchanged})}); len(past) > 0 {
			t.Errorf("got %v", past)
		}
	})
}

// TestSettledAt: reads may lag behind the last record, and a call without an
// answer may land for as long as the settle time.
func TestSettledAt(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2026, 11, 23, 3, 15, s, 0, time.UTC) }
	intent := func(row, s int) batch.Record {
		return batch.Record{Kind: batch.Intent, Row: row, At: at(s), Set: new(ecs.Attributes)}
	}
	answer := func(row, s int, class ecs.Class) batch.Record {
		return batch.Record{Kind: batch.Answer, Row: row, At: at(s), Class: class}
	}
	for _, tt := range []struct {
		name          string
		records       []batch.Record
		settle        time.Duration
		settled, late time.Time
	}{
		{"nothing sent", nil, time.Minute, time.Time{}, time.Time{}},
		{"all answered", []batch.Record{intent(0, 1), answer(0, 2, ecs.Applied)}, time.Minute, at(14), time.Time{}},
		{"a short settle time", []batch.Record{intent(0, 1), answer(0, 2, ecs.Applied)}, time.Second, at(3), time.Time{}},
		{"no answer yet", []batch.Record{intent(0, 1), intent(1, 2), answer(1, 3, ecs.Applied)}, 30 * time.Second, at(31), at(1)},
		{"an answer that leaves it open", []batch.Record{intent(0, 1), answer(0, 2, ecs.Ambiguous)}, 30 * time.Second, at(31), at(1)},
		{"the last of them", []batch.Record{intent(0, 1), intent(1, 4), intent(2, 3)}, 30 * time.Second, at(34), at(4)},
		{"one that cannot land after the reads lag", []batch.Record{intent(0, 1), intent(1, 40), answer(1, 40, ecs.Applied)}, 30 * time.Second, at(52), at(1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var h batch.History
			for _, r := range tt.records {
				h.Recall(r)
			}
			if got := h.SettledAt(tt.settle); !got.Equal(tt.settled) {
				t.Errorf("settled at %s, want %s", got, tt.settled)
			}
			if got := h.LastLate(); !got.Equal(tt.late) {
				t.Errorf("the last call that may land is of %s, want %s", got, tt.late)
			}
		})
	}
}

func TestFindForeign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := image("m-9:s")
		shared.OwnerAlias = "others"
		s := scene{images: append(images("m-1:a"), shared), rows: []manifest.Row{row("m-1:b"), row("m-9:c"), row("m-8:d"), row("m-9:e")}}
		st := s.build(t)
		inventories, err := batch.Load(t.Context(), st.lanes)
		if err != nil {
			t.Fatal(err)
		}
		batch.FindForeign(t.Context(), st.lanes, requests(s.rows, st.lanes), inventories)
		if diff := cmp.Diff([]string{"m-9"}, inventories[0].Foreign); diff != "" {
			t.Errorf("foreign (-want +got):\n%s", diff)
		}
	})
}

// A call of an earlier process that the listing has shown not to have landed
// leaves no doubt, though the row is not tried again; a late one does.
func TestSeenFateLeavesNoDoubt(t *testing.T) {
	for _, tt := range []struct {
		name string
		ago  time.Duration
		want plan.Outcome // of the row that is not tried again
	}{
		{"settled when it was seen", time.Minute, plan.Pending},
		{"not settled yet", time.Minute - 1, plan.Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				s := scene{images: images("m-1:a", "m-2:b"), rows: rows("m-1:A", "m-2:B"), rate: 0.1}
				s.retry = batch.Retry{Attempts: 5, Settle: time.Minute}
				s.before = func(st *stage, _ *plan.Plan) {
					s.past = make(map[int]batch.Past)
					for i, name := range []string{"AA", "BB"} {
						late := batch.Late{At: st.seen.Add(-tt.ago), Set: ecs.Attributes{ImageName: name}}
						s.past[i] = batch.Past{Attempts: 1, Sent: true, Late: late}
					}
					time.AfterFunc(5*time.Second, func() { cancel(errSignal) })
				}
				r := s.play(ctx, t)
				if totals := batch.Totals(r.results); totals[plan.Applied] != 1 || totals[tt.want] != 1 {
					t.Errorf("got %s, want one applied, one %s", r.outcomes(), tt.want)
				}
			})
		})
	}
}
