package review_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"imgrename/batch/plan"
	"imgrename/batch/review"
)

// BenchmarkReview reviews plans of three sizes. Beside the time it reports what
// the review takes of the time and of the memory that plan.New takes on the same
// input: the bytes that each allocates.
func BenchmarkReview(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if testing.Short() && n > 100_000 {
				b.Skip("takes a minute")
			}
			j := sized(n)
			var planning, reviewing cost
			for b.Loop() {
				var p *plan.Plan
				planning.add(func() { p = j.plan() })
				reviewing.add(func() { review.Of(p, j.lanes) })
			}
			b.ReportMetric(float64(reviewing.time)/float64(planning.time), "of-planning-time")
			b.ReportMetric(float64(reviewing.bytes)/float64(planning.bytes), "of-planning-bytes")
			b.ReportMetric(float64(reviewing.time.Nanoseconds())/float64(b.N)/float64(n), "review-ns/row")
			b.ReportMetric(float64(reviewing.bytes)/float64(b.N)/float64(n), "review-B/row")
		})
	}
}

// A cost is what some calls take.
type cost struct {
	time  time.Duration
	bytes uint64
}

func (c *cost) add(f func()) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	f()
	c.time += time.Since(start)
	runtime.ReadMemStats(&after)
	c.bytes += after.TotalAlloc - before.TotalAlloc
}

// sized makes n renames over lanes of at most 5,000 images, in three styles.
func sized(n int) *job {
	j := new(job)
	for i := range n {
		d := &draw{
			app: apps[i%len(apps)], env: "prod", region: regions[i/5000%len(regions)],
			date:   fmt.Sprintf("2026-07-%02dT00:00:00Z", 1+i%28),
			serial: i, lane: i / 5000,
		}
		s := styles[i%3]
		j.add(d.lane, s.old(d), s.new(d), d.date)
	}
	return j
}
