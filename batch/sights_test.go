package batch_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
)

// While the host sleeps the monotonic clock stands still, and others work on. What
// was read before is not relied on after that: their edits are seen.
func TestSleepOfTheHostMakesSightsOld(t *testing.T) {
	for _, tt := range []struct {
		name  string
		slept time.Duration // by the wall clock, when the first row was written
		want  string        // of the five rows after that
	}{
		{"an hour", time.Hour, "conflict"},
		{"a little longer than clocks are adjusted", 2 * time.Second, "conflict"},
		{"a wall clock set back", -time.Hour, "applied"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ahead atomic.Int64
				var st *stage
				s := scene{rate: 1, workers: 1, images: images("m-0:a", "m-1:b", "m-2:c", "m-3:d", "m-4:e", "m-5:f")}
				s.server.Latency.Median = 100 * time.Millisecond // what is seen was seen before
				s.rows = rows("m-0:A", "m-1:B", "m-2:C", "m-3:D", "m-4:E", "m-5:F")
				s.wall = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
				s.observe = func(e batch.Event) {
					if e.Row > 0 || e.Kind != batch.Acknowledged {
						return
					}
					ahead.Store(int64(tt.slept))
					if tt.want == "applied" {
						return
					}
					for i := 1; i <= 5; i++ {
						if err := st.server.Put(account, region, image(fmt.Sprintf("m-%d:foreign-%d", i, i))); err != nil {
							t.Error(err)
						}
					}
				}
				st = s.build(t)
				r := s.playOn(t.Context(), st)
				if got, want := r.outcomes(), "applied "+words(tt.want, 5); got != want {
					t.Errorf("got %s, want %s\n%s", got, want, r.messages())
				}
			})
		})
	}
}
