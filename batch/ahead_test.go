package batch_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/ecs/ecssim"
	"imgrename/manifest"
)

// No write rests on a read older than ten seconds, and one read serves many
// images, as the server sees it.
func TestSightsAreFreshAndReadTogether(t *testing.T) {
	tests := []struct {
		name    string
		rows    int
		rate    float64
		age     time.Duration
		latency time.Duration
		quota   ecssim.Quota // of writes
		chained bool         // all rows are one chain
		most    int          // reads, besides the two listings
	}{
		{name: "fresh from the listing", rows: 100, rate: 15},
		{name: "old before the start", rows: 1000, rate: 100, age: time.Minute, latency: 100 * time.Millisecond, most: 26},
		{name: "old on the way", rows: 600, rate: 15, latency: 100 * time.Millisecond, most: 9},
		{name: "slower than it grows old", rows: 60, rate: 1, age: time.Minute, latency: 100 * time.Millisecond, most: 24},
		{name: "a long chain", rows: 300, rate: 15, age: time.Minute, latency: 100 * time.Millisecond, chained: true, most: 9},
		{
			name: "shut half way", rows: 200, rate: 15, age: time.Minute, latency: 100 * time.Millisecond,
			quota: ecssim.Quota{Shape: ecssim.ClockWindow, Limit: 120, Window: time.Minute}, most: 40,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				list, wanted := many(test.rows, region)
				if test.chained {
					wanted = nil
					for i, image := range list {
						next := fmt.Sprintf("the-last-%d", i)
						if i+1 < len(list) {
							next = list[i+1].Name
						}
						wanted = append(wanted, manifest.Row{ImageID: image.ID, Want: manifest.Values{ImageName: next}})
					}
				}
				s := scene{images: list, rows: wanted, rate: test.rate, age: test.age}
				s.server.Latency.Median = test.latency
				s.server.Quotas = map[string]ecssim.Quota{"ModifyImageAttribute": test.quota}
				r := s.play(t.Context(), t)
				if got := r.outcomes(); got != words("applied", test.rows) {
					t.Fatalf("got %s\n%s", got, r.messages())
				}
				pages := (test.rows + 99) / 100
				if n := len(r.calls("DescribeImages")) - 2*pages; n > test.most {
					t.Errorf("%d reads besides the listings, want %d at most", n, test.most)
				}
				checkReads(t, r)
			})
		})
	}
}

// checkReads compares every write with the last read of its image.
func checkReads(t *testing.T, r *record) {
	t.Helper()
	seen := make(map[string]time.Time)
	for _, call := range r.server.History() {
		switch call.Action {
		case "DescribeImages":
			ids := call.Parameters["ImageId"]
			for id := range strings.SplitSeq(ids, ",") {
				seen[id] = call.Arrived
			}
		case "ModifyImageAttribute":
			at, ok := seen[call.Parameters["ImageId"]]
			if !ok {
				at = seen[""] // a listing
			}
			if age := call.Arrived.Sub(at); age > 10*time.Second+time.Second {
				t.Errorf("%s was written on a read %s old", call.Parameters["ImageId"], age)
			}
		}
	}
}
