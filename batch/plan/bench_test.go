package plan_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// crowd makes rows rows over lanes of 100 images, every image with a row: in
// each lane rings of 2 and 5, paths, plain renames, some with other edits.
func crowd(rows int) ([]plan.Request, []plan.Inventory) {
	const size = 100
	manifestRows := make([]manifest.Row, rows)
	requests := make([]plan.Request, rows)
	lanes := make([]plan.Inventory, rows/size)
	for l := range lanes {
		images := make([]ecs.Image, size)
		for i := range images {
			n := l*size + i
			images[i] = image(fmt.Sprintf("m-bp1%016d", n), fmt.Sprintf("golden-image-v1-%03d", i))
			row := &manifestRows[n]
			row.Line, row.ImageID, row.RegionID = n+2, images[i].ID, "cn-hangzhou"
			row.Want.ImageName = crowdName(i)
			row.Current = &manifest.Values{ImageName: images[i].ImageName}
			if i%10 == 3 {
				row.Want.Description = "a new description"
			}
			requests[n] = plan.Request{Row: row, Lane: l}
		}
		lanes[l] = plan.Inventory{Lane: plan.Lane{Account: fmt.Sprint("acc-", l), Region: "cn-hangzhou"}, Images: images}
	}
	return requests, lanes
}

func crowdName(i int) string {
	const old = "golden-image-v1-%03d"
	switch {
	case i < 20: // ten swaps
		return fmt.Sprintf(old, i^1)
	case i < 40: // four rings of five
		return fmt.Sprintf(old, i/5*5+(i+1)%5)
	case i < 59: // one path
		return fmt.Sprintf(old, i+1)
	default:
		return fmt.Sprintf("golden-image-v2-%03d", i)
	}
}

var sizes = []int{10_000, 100_000, 1_000_000}

// peak is the most memory that the runtime has held from the system.
func peak() float64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64()-sample[1].Value.Uint64()) / (1 << 20)
}

// BenchmarkNew plans jobs of three sizes. Beside the time it reports what the
// rows and images themselves take and what the plan adds, both alive at the
// end; and what the process holds in all.
func BenchmarkNew(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			empty := live()
			rows, lanes := crowd(n)
			full := live()
			var p *plan.Plan
			b.ReportAllocs()
			for b.Loop() {
				p = plan.New(rows, lanes)
			}
			b.ReportMetric(peak(), "process-MiB")
			b.ReportMetric(live()-full, "plan-MiB")
			b.ReportMetric(full-empty, "input-MiB")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
			b.ReportMetric(float64(p.Calls()), "calls")
			runtime.KeepAlive(rows)
			runtime.KeepAlive(lanes)
		})
	}
}

// live is the heap that is reachable, in MiB.
func live() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// BenchmarkOneLane plans one lane that is one long path, and one long ring.
func BenchmarkOneLane(b *testing.B) {
	for _, shape := range []string{"path", "ring"} {
		for _, n := range sizes {
			b.Run(fmt.Sprint(shape, "/", n), func(b *testing.B) {
				rows, lanes := oneLane(n, shape == "ring")
				for b.Loop() {
					plan.New(rows, lanes)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
			})
		}
	}
}

func oneLane(n int, ring bool) ([]plan.Request, []plan.Inventory) {
	images, rows := make([]ecs.Image, n), make([]manifest.Row, n)
	for i := range n {
		images[i] = image(fmt.Sprintf("m-%07d", i), fmt.Sprintf("name-%07d", i))
		next := i + 1
		if ring {
			next %= n
		}
		rows[i] = rename(images[i].ID, fmt.Sprintf("name-%07d", next))
	}
	return requests(rows...), lane(images...)
}

func BenchmarkEncode(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rows, lanes := crowd(n)
			p := plan.New(rows, lanes)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := plan.Encode(io.Discard, p, info); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
		})
	}
}

// BenchmarkDecode reads plan files of three sizes. Beside the time it reports
// what the plan takes and what the process holds in all.
func BenchmarkDecode(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			file := written(b, n)
			empty := live()
			var saved *plan.Saved
			b.ReportAllocs()
			for b.Loop() {
				saved = nil
				if _, err := file.Seek(0, io.SeekStart); err != nil {
					b.Fatal(err)
				}
				var err error
				if saved, err = plan.Decode(file); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(peak(), "process-MiB")
			b.ReportMetric(live()-empty, "plan-MiB")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
			runtime.KeepAlive(saved)
		})
	}
}

// written is a plan file.
func written(b *testing.B, n int) *os.File {
	file, err := os.Create(filepath.Join(b.TempDir(), "plan.json"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = file.Close() })
	rows, lanes := crowd(n)
	if _, err := plan.Encode(file, plan.New(rows, lanes), info); err != nil {
		b.Fatal(err)
	}
	return file
}
