package batch_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/plan"
)

// The sight of images that are read together is as old as the call that read
// them: the answer to a slow one tells what was there when it was sent.
func TestSightsAreAsOldAsTheirCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := watched(30)
		s.rate, s.age = 1, time.Minute
		s.server.Latency.Median = 6 * time.Second
		r := s.play(t.Context(), t)
		if n := history.Totals(r.results)[plan.Applied]; n != 30 {
			t.Errorf("%d of 30 applied\n%s", n, r.messages())
		}
		seen := make(map[string]time.Time)
		for _, call := range r.server.History() { // each arrives as long after it was sent
			switch ids := call.Parameters["ImageId"]; call.Action {
			case "DescribeImages":
				for id := range strings.SplitSeq(ids, ",") {
					seen[id] = call.Arrived
				}
			case "ModifyImageAttribute":
				if age := call.Arrived.Sub(seen[ids]); age > 10*time.Second {
					t.Errorf("%s was written on a sight %s old", ids, age)
				}
			}
		}
	})
}

// A row that a call of an earlier process changes between the listing and our
// next sight of it was changed by us.
func TestLateCallBeforeTheSightIsOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scene{
			images: images("m-1:a", "m-2:b"), rows: rows("m-1:A", "m-2:B"), age: time.Minute,
			past: map[int]history.Past{0: {Attempts: 1, Sent: true}},
		}
		s.before = func(st *stage, _ *plan.Plan) {
			st.put("m-1", "AA") // our late call
			st.put("m-2", "BB") // somebody else
		}
		s.play(t.Context(), t).want("applied unchanged", "- -", "1 0", "A B")
	})
}
