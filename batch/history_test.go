package batch_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/plan"
)

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
