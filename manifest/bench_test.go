package manifest_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"imgrename/manifest"
)

// rowsOf returns a manifest of n rows as an export followed by an edit would
// make it.
func rowsOf(n int) []byte {
	b := []byte("image_id,region_id,current_name,image_name,description,x_created,x_shared\n")
	for i := range n {
		b = fmt.Appendf(b, "m-bp1%016d,cn-hangzhou,镜像-web-%d,镜像-web-v2-%d,\"nightly, build %d\",2026-11-23T03:15:02Z,false\n", i, i, i, i)
	}
	return b
}

func accept(_, _ string) error { return nil }

// BenchmarkRead reads and checks a million rows and reports it beside
// encoding/csv's ReadAll, which holds its records too: how many times as long
// it takes, and what a row costs each of them in memory that is held after.
func BenchmarkRead(b *testing.B) {
	const rows = 1_000_000
	input := rowsOf(rows)
	var ours, theirs cost
	for b.Loop() {
		theirs.add(func() any {
			records, err := csv.NewReader(bytes.NewReader(input)).ReadAll()
			if err != nil || len(records) != rows+1 {
				b.Fatal(len(records), err)
			}
			return records
		})
		ours.add(func() any {
			f, err := manifest.Read(bytes.NewReader(input), manifest.Options{Check: accept})
			if err != nil || len(f.Rows) != rows || len(f.Problems) > 0 {
				b.Fatal(len(f.Rows), f.Problems, err)
			}
			return f
		})
	}
	n := float64(rows * b.N)
	b.ReportMetric(ours.took.Seconds()/theirs.took.Seconds(), "times-csv")
	b.ReportMetric(float64(ours.held)/n, "B-held/row")
	b.ReportMetric(float64(theirs.held)/n, "B-held/row-csv")
	b.ReportMetric(n/ours.took.Seconds(), "rows/s")
	b.ReportMetric(0, "ns/op")
}

// A cost is the time and the memory that something took.
type cost struct {
	took time.Duration
	held uint64
}

func (c *cost) add(read func() any) {
	debug.FreeOSMemory() // or the first would leave warm memory to the second
	before := heap()
	start := time.Now()
	result := read()
	c.took += time.Since(start)
	c.held += heap() - before
	runtime.KeepAlive(result)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
