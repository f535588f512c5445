package history_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// replay reads a journal with these records.
func replay(records []history.Record) *history.Replay {
	r := new(history.Replay)
	for _, record := range records {
		r.Add(record)
	}
	return r
}

func TestReplay(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2026, 11, 23, 3, 15, s, 0, time.UTC) }
	set := func(name string) *ecs.Attributes { return &ecs.Attributes{ImageName: name} }
	intent := func(s int, name string) history.Record {
		return history.Record{Kind: history.Intent, At: at(s), Set: set(name)}
	}
	answer := func(s int, class ecs.Class) history.Record {
		return history.Record{Kind: history.Answer, At: at(s), Class: class, RequestID: "id"}
	}
	withdrawn := func(s int) history.Record { return history.Record{Kind: history.Withdrawn, At: at(s)} }
	ended := func(s int, r history.Result) history.Record {
		return history.Record{Kind: history.Ended, At: at(s), Result: &r}
	}
	describe := history.Record{Kind: history.Intent, At: at(1), Set: &ecs.Attributes{Description: "new"}}
	name, about := ecs.Fields(0).With(ecs.ImageName), ecs.Fields(0).With(ecs.Description)
	for _, tt := range []struct {
		name    string
		records []history.Record
		want    history.Past
	}{
		{"an acknowledged call", []history.Record{intent(1, "b"), answer(2, ecs.Applied)}, history.Past{Attempts: 1, Started: history.MomentOf(at(1)), Sent: true, Made: name, RequestID: "id", Name: "b"}},
		{"a call without an answer", []history.Record{intent(1, "b")}, history.Past{Attempts: 1, Started: history.MomentOf(at(1)), Sent: true, Unsure: name, Late: &history.LateCall{At: at(1), Set: *set("b")}}},
		{"a refused call", []history.Record{intent(1, "b"), answer(2, ecs.Refused)}, history.Past{Attempts: 1, Started: history.MomentOf(at(1))}},
		{"a throttled call counts for nothing", []history.Record{intent(1, "b"), answer(2, ecs.Throttled)}, history.Past{Started: history.MomentOf(at(1))}},
		{"a call with a wrong date counts for nothing", []history.Record{intent(1, "b"), answer(2, ecs.Skewed)}, history.Past{Started: history.MomentOf(at(1))}},
		{"a call that was not sent", []history.Record{intent(1, "b"), withdrawn(2)}, history.Past{Started: history.MomentOf(at(1))}},
		{
			"a call that was not sent, of a process after one that died",
			[]history.Record{intent(1, "b"), intent(5, "b"), withdrawn(6)},
			history.Past{Attempts: 1, Started: history.MomentOf(at(1)), Sent: true, Unsure: name, Late: &history.LateCall{At: at(1), Set: *set("b")}},
		},
		{
			"the same call twice, neither answered clearly",
			[]history.Record{intent(1, "b"), answer(2, ecs.Ambiguous), intent(3, "b")},
			history.Past{Attempts: 2, Started: history.MomentOf(at(1)), Sent: true, Unsure: name, Late: &history.LateCall{At: at(3), Set: *set("b")}},
		},
		{
			"different calls of unknown fate",
			[]history.Record{intent(1, "t"), answer(2, ecs.Ambiguous), intent(3, "b")},
			history.Past{Attempts: 2, Started: history.MomentOf(at(1)), Sent: true, Unsure: name, Late: &history.LateCall{At: at(3), Set: *set("t"), Several: true}},
		},
		{
			"two processes, the first one died",
			[]history.Record{intent(1, "b"), intent(5, "b"), answer(6, ecs.Applied)},
			history.Past{Attempts: 2, Started: history.MomentOf(at(1)), Sent: true, Made: name, RequestID: "id", Name: "b", Late: &history.LateCall{At: at(1), Set: *set("b")}},
		},
		{
			"other edits, and a name of which nothing is known",
			[]history.Record{describe, answer(2, ecs.Applied), intent(3, "t"), answer(4, ecs.Ambiguous)},
			history.Past{Attempts: 2, Started: history.MomentOf(at(1)), Sent: true, Made: about, Unsure: name, RequestID: "id", Late: &history.LateCall{At: at(3), Set: *set("t")}},
		},
		{
			"what was made once is not in doubt when it is sent again",
			[]history.Record{describe, answer(2, ecs.Applied), describe},
			history.Past{Attempts: 2, Started: history.MomentOf(at(1)), Sent: true, Made: about, RequestID: "id", Late: &history.LateCall{At: at(1), Set: *describe.Set}},
		},
		{
			"a result says what was read",
			[]history.Record{describe, answer(2, ecs.Ambiguous), intent(3, "t"), answer(4, ecs.Applied), ended(5, history.Result{Outcome: plan.Stranded, Edited: about, Unsure: name})},
			history.Past{Attempts: 2, Started: history.MomentOf(at(1)), Sent: true, Made: about, Unsure: name, RequestID: "id", Late: &history.LateCall{At: at(1), Set: *describe.Set}},
		},
		{
			"a row that was applied has all its edits",
			[]history.Record{intent(1, "b"), answer(2, ecs.Ambiguous), ended(3, history.Result{Outcome: plan.Applied})},
			history.Past{Attempts: 1, Started: history.MomentOf(at(1)), Sent: true, Made: name, Late: &history.LateCall{At: at(1), Set: *set("b")}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, replay(tt.records).Past()[0]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("a row of which no call was written down takes no room", func(t *testing.T) {
		if past := replay([]history.Record{ended(1, history.Result{Outcome: plan.Unchanged})}).Past(); len(past) > 0 {
			t.Errorf("got %v", past)
		}
	})
}

// TestSettledAt: reads may lag behind the last record, and a call without an
// answer may land for as long as the settle time.
func TestSettledAt(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2026, 11, 23, 3, 15, s, 0, time.UTC) }
	intent := func(row, s int) history.Record {
		return history.Record{Kind: history.Intent, Row: row, At: at(s), Set: new(ecs.Attributes)}
	}
	answer := func(row, s int, class ecs.Class) history.Record {
		return history.Record{Kind: history.Answer, Row: row, At: at(s), Class: class}
	}
	for _, tt := range []struct {
		name          string
		records       []history.Record
		settle        time.Duration
		settled, late time.Time
	}{
		{"nothing sent", nil, time.Minute, time.Time{}, time.Time{}},
		{"all answered", []history.Record{intent(0, 1), answer(0, 2, ecs.Applied)}, time.Minute, at(14), time.Time{}},
		{"a short settle time", []history.Record{intent(0, 1), answer(0, 2, ecs.Applied)}, time.Second, at(3), time.Time{}},
		{"no answer yet", []history.Record{intent(0, 1), intent(1, 2), answer(1, 3, ecs.Applied)}, 30 * time.Second, at(31), at(1)},
		{"an answer that leaves it open", []history.Record{intent(0, 1), answer(0, 2, ecs.Ambiguous)}, 30 * time.Second, at(31), at(1)},
		{"the last of them", []history.Record{intent(0, 1), intent(1, 4), intent(2, 3)}, 30 * time.Second, at(34), at(4)},
		{"one that cannot land after the reads lag", []history.Record{intent(0, 1), intent(1, 40), answer(1, 40, ecs.Applied)}, 30 * time.Second, at(52), at(1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := replay(tt.records)
			if got := h.SettledAt(tt.settle); !got.Equal(tt.settled) {
				t.Errorf("settled at %s, want %s", got, tt.settled)
			}
			if got := h.LastLate(); !got.Equal(tt.late) {
				t.Errorf("the last call that may land is of %s, want %s", got, tt.late)
			}
		})
	}
}

// TestRebuildAfterAPark: an image that was parked, and of which no later call is
// open, is known to be stranded, with all its names.
func TestRebuildAfterAPark(t *testing.T) {
	parked := plan.TemporaryName("1000", "cn-hangzhou", "m-1", "bb")
	want := manifest.Values{ImageName: "bb"}
	p := &plan.Plan{
		Lanes: []plan.Lane{{Account: "1000", Region: "cn-hangzhou"}},
		Rows: []plan.Row{{
			Request: plan.Request{Row: &manifest.Row{Line: 2, ImageID: "m-1", RegionID: "cn-hangzhou", Want: want}},
			ImageID: "m-1", Old: &ecs.Attributes{ImageName: "aa"}, Verdict: plan.Planned,
		}},
	}
	intent := func(name string) history.Record {
		return history.Record{Kind: history.Intent, Set: &ecs.Attributes{ImageName: name}}
	}
	acknowledged := history.Record{Kind: history.Answer, Class: ecs.Applied, RequestID: "id"}
	for _, test := range []struct {
		name    string
		records []history.Record
		want    plan.Outcome
		message string
	}{
		{"parked", []history.Record{intent(parked), acknowledged}, plan.Stranded, fmt.Sprintf("m-1 is named %q; it was \"aa\" and should be \"bb\"", parked)},
		{"parked, the next call open", []history.Record{intent(parked), acknowledged, intent("bb")}, plan.Unknown, "the run ended before the result was established"},
		{"perhaps parked", []history.Record{intent(parked)}, plan.Unknown, "the run ended before the result was established"},
		{"parked and moved on", []history.Record{intent(parked), acknowledged, intent("bb"), acknowledged}, plan.Unknown, "the run ended before the result was established"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := history.NewRebuild(p)
			for _, r := range test.records {
				b.Add(r)
			}
			if got := b.Results()[0]; got.Outcome != test.want || got.Message != test.message {
				t.Errorf("%s: %s", got.Outcome, got.Message)
			}
		})
	}
}
