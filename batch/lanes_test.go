package batch_test

import (
	"flag"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
	"imgrename/batch/plan"
)

var manyLanes = flag.Int("lanes", 40, "how many lanes TestLanesStayBusy has")

// Lanes side by side, each with a quota of 1000 calls a minute and a pace to
// match, are busy at least 95 % of the time, even if one is dead and another slow.
func TestLanesStayBusy(t *testing.T) {
	const perLane, perSecond = 160, 16
	synctest.Test(t, func(t *testing.T) {
		s := scene{
			regions: make(map[string][]ecssim.Image), rate: perSecond, retry: batch.DefaultRetry,
			server: ecssim.Config{
				Latency: ecssim.Latency{Median: 120 * time.Millisecond},
				Quotas:  map[string]ecssim.Quota{"ModifyImageAttribute": {Shape: ecssim.ClockWindow, Limit: 1000, Window: time.Minute}},
			},
			faults: []ecssim.Fault{
				{Kind: "refused", Region: "cn-dead", Action: "any", After: 2}, // its two pages
				{Kind: "late-answer", Region: "cn-slow", Action: "write", By: 5 * time.Second},
			},
		}
		names := []string{"cn-dead", "cn-slow"}
		for i := range *manyLanes {
			names = append(names, fmt.Sprintf("cn-%03d", i))
		}
		for _, region := range names {
			list, wanted := many(perLane, region)
			s.regions[region] = list
			s.rows = append(s.rows, wanted...)
		}
		r := s.play(t.Context(), t)
		begin, end := make(map[string]time.Time), make(map[string]time.Time)
		for _, call := range r.writes() {
			if begin[call.Region].IsZero() {
				begin[call.Region] = call.Arrived
			}
			end[call.Region] = call.Landed
		}
		least := 1.0
		ideal := (perLane - 1) * time.Second / perSecond
		for _, region := range names[2:] {
			took := end[region].Sub(begin[region])
			least = min(least, float64(ideal)/float64(took))
			if float64(ideal)/float64(took) < 0.95 {
				t.Errorf("%s took %s, want %s", region, took, ideal)
			}
		}
		t.Logf("%d lanes, the least busy of them %.1f %% of the time", *manyLanes, 100*least)
		if n := history.Totals(r.results)[plan.Applied]; n != (*manyLanes+1)*perLane {
			t.Errorf("%d applied", n)
		}
	})
}
