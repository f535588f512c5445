package batch_test

import (
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/pace"
)

// A small job takes as long as its calls, one after the other: no read waits for
// the pace. At 50 ms a call that is two for the listing of 250 images, a write,
// and a read that confirms it.
func TestASmallJobDoesNotWaitForThePace(t *testing.T) {
	for _, test := range []struct {
		name  string
		reads func() *pace.Gate
		want  time.Duration
	}{
		{"with a burst of reads", func() *pace.Gate { return pace.NewEagerGate(15, 8) }, 200 * time.Millisecond},
		{"without", func() *pace.Gate { return pace.NewGate(15) }, 283 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := scene{regions: ecssim.Generate(250, region), rate: 15, lane: func(l *batch.Lane) { l.Reads = test.reads() }}
				s.rows = rows(s.regions[region][0].ID + ":renamed")
				s.server.Latency.Median = 50 * time.Millisecond
				begin := time.Now()
				if r := s.play(t.Context(), t); r.outcomes() != "applied" {
					t.Error(r.messages())
				}
				if took := time.Since(begin).Round(time.Millisecond); took != test.want {
					t.Errorf("took %s, want %s", took, test.want)
				}
			})
		})
	}
}
