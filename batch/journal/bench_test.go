package journal_test

import (
	"fmt"
	"sync"
	"testing"

	"imgrename/batch/journal"
)

// step is about as large as the records of a run.
type step struct {
	Kind    string `json:"kind"`
	Row     int    `json:"row"`
	ImageID string `json:"image_id"`
	From    string `json:"from"`
	To      string `json:"to"`
}

func steps(b *testing.B) (log *journal.Log[step], record step) {
	b.Helper()
	_, fsys := folder(b)
	log, err := journal.Create[step](fsys, "log", 64<<20)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := log.Close(); err != nil {
			b.Error(err)
		}
	})
	return log, step{"intent", 4711, "m-bp1g7004ksh0oeuc0001", "web-2024-11-03", "web-production-2024-11-03"}
}

func BenchmarkCommit(b *testing.B) {
	for _, goroutines := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("goroutines=%d", goroutines), func(b *testing.B) {
			log, record := steps(b)
			turns := make(chan struct{}, goroutines)
			var wg sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for range goroutines {
				wg.Go(func() {
					for range turns {
						if err := log.Commit(record); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for range b.N {
				turns <- struct{}{}
			}
			close(turns)
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	log, record := steps(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := log.Append(record); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkRead(b *testing.B) {
	const n = 100_000
	_, fsys := folder(b)
	log, err := journal.Create[step](fsys, "log", 0)
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		if err := log.Append(step{"intent", i, "m-bp1g7004ksh0oeuc0001", "web-2024-11-03", "web-production-2024-11-03"}); err != nil {
			b.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := journal.Read(fsys, "log", func(step) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "records/s")
}
