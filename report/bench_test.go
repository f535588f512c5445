package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

// ringsOf is a plan of n rows in rings of some size.
func ringsOf(size, n int) *plan.Plan {
	images, rows := make([]ecs.Image, n), make([]manifest.Row, n)
	for i := range n {
		images[i] = image(fmt.Sprintf("m-%07d", i), fmt.Sprintf("name-%07d", i))
		rows[i] = rename(images[i].ID, fmt.Sprintf("name-%07d", i/size*size+(i+1)%size))
	}
	return planOf(images, rows...)
}

// A long ring takes no more time than short ones with as many rows: nothing
// looks back over the chain at each step.
func TestLongChainsTakeLinearTime(t *testing.T) {
	const n, factor = 100_000, 10
	draw := func(size int) time.Duration {
		p := ringsOf(size, n)
		began := time.Now()
		view, steps := changes(t, p), 0
		for range report.Steps(p) {
			steps++
		}
		if !strings.HasPrefix(view, "cn-hangzhou, account 1001: 100000 changes\n") || steps != n+n/size {
			t.Errorf("rings of %d: %d steps, %.60q", size, steps, view)
		}
		return time.Since(began)
	}
	if short, long := draw(100), draw(n); long > factor*short {
		t.Errorf("one ring takes %v, short ones %v", long, short)
	}
}

func BenchmarkChanges(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := ringsOf(n, n)
			b.ReportAllocs()
			for b.Loop() {
				if err := (report.View{Plan: p}).WriteChanges(nowhere{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
		})
	}
}

func BenchmarkCSV(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := report.DryRun(ringsOf(n, n), nil)
			b.ReportAllocs()
			for b.Loop() {
				if err := r.CSV(nowhere{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
		})
	}
}

// nowhere is io.Discard without its short cuts.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
