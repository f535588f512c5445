package batch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// A first process is cut off at each record of its journal. The second one knows
// only what the journal and the listing say.
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
				again := scene{journal: new(notebook), past: replay(n.records).Past()}
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

// A call of an earlier process is no longer in doubt if the listing shows that it
// did not land, even if the row is not attempted again; a late call is.
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
					s.past = make(map[int]history.Past)
					for i, name := range []string{"AA", "BB"} {
						late := &history.LateCall{At: st.seen.Add(-tt.ago), Set: ecs.Attributes{ImageName: name}}
						s.past[i] = history.Past{Attempts: 1, Sent: true, Late: late}
					}
					time.AfterFunc(5*time.Second, func() { cancel(errSignal) })
				}
				r := s.play(ctx, t)
				if totals := history.Totals(r.results); totals[plan.Applied] != 1 || totals[tt.want] != 1 {
					t.Errorf("got %s, want one applied, one %s", r.outcomes(), tt.want)
				}
			})
		})
	}
}
