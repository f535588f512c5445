package pace_test

import (
	"fmt"
	"runtime"
	"testing"

	"imgrename/batch/pace"
)

// BenchmarkGate measures what a call costs at an open gate: at 1e+09 a second
// nothing else, at 1e+06 callers come faster than the ceiling, 1000 ns a call.
func BenchmarkGate(b *testing.B) {
	for _, ceiling := range []float64{1e9, 1e6} {
		for _, goroutines := range []int{1, 64} {
			b.Run(fmt.Sprintf("%g/s/goroutines=%d", ceiling, goroutines), func(b *testing.B) {
				g := pace.NewGate(ceiling)
				b.ReportAllocs()
				if goroutines == 1 {
					for b.Loop() {
						pass(b, g)
					}
					return
				}
				b.SetParallelism(max(1, goroutines/runtime.GOMAXPROCS(0)))
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						pass(b, g)
					}
				})
			})
		}
	}
}

func pass(b *testing.B, g *pace.Gate) {
	t, err := g.Enter(b.Context())
	if err != nil {
		b.Error(err)
	}
	g.Leave(t, pace.Reply{Answer: pace.Accepted})
}
