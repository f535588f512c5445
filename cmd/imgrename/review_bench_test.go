package main

import (
	"io"
	"net/http"
	"os"
	"runtime"
	"testing"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/manifest"
	"imgrename/report"
)

// BenchmarkReviewOfAPlan says what the review adds to a plan: its time and the bytes
// that it allocates, as a part of those of all else that a plan takes: reading the
// manifest, listing the images from the simulator, planning, and writing the changes.
func BenchmarkReviewOfAPlan(b *testing.B) {
	rows := 1_000_000
	if testing.Short() {
		rows = 100_000
	}
	const region = "cn-hangzhou"
	job := newPaper(b, rows, region)
	server, err := ecssim.New(ecssim.Config{Accounts: []ecssim.Account{{
		ID: simulatedAccount, Keys: []ecssim.Key{{AccessKeyID: "key", Secret: "secret"}}, Regions: ecssim.Generate(rows, region),
	}}})
	if err != nil {
		b.Fatal(err)
	}
	lane := batch.Lane{
		Lane: plan.Lane{Account: simulatedAccount, Region: region}, Retry: batch.DefaultRetry, Reads: pace.NewGate(1e9), Writes: pace.NewGate(1e9),
		API: ecs.NewClient(region, ecs.Config{
			Credentials: ecs.Static{AccessKeyID: "key", AccessKeySecret: ecs.NewSecret("secret")}, HTTP: &http.Client{Transport: server},
		}),
	}
	var times, bytes []float64
	for b.Loop() {
		begin, allocated := time.Now(), allocatedBytes()
		p, inventories := planOn(b, job.manifest, lane)
		if err := (report.View{Plan: p}).WriteChanges(io.Discard); err != nil {
			b.Fatal(err)
		}
		took, all := time.Since(begin), allocatedBytes()-allocated
		begin, allocated = time.Now(), allocatedBytes()
		if r := review.Of(p, inventories); len(r.Rules) == 0 {
			b.Fatal("no rule")
		}
		times = append(times, time.Since(begin).Seconds()/took.Seconds())
		bytes = append(bytes, float64(allocatedBytes()-allocated)/float64(all))
	}
	b.ReportMetric(median(times), "of-plan-time")
	b.ReportMetric(median(bytes), "of-plan-bytes")
	b.ReportMetric(0, "ns/op")
}

// planOn plans a manifest on the images of a lane.
func planOn(b *testing.B, path string, lane batch.Lane) (*plan.Plan, []plan.Inventory) {
	b.Helper()
	in, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	file, err := manifest.Read(in, manifest.Options{Check: ecs.CheckColumn})
	if err != nil || len(file.Problems) > 0 {
		b.Fatal(err, file.Problems)
	}
	inventories, err := batch.Load(b.Context(), []batch.Lane{lane})
	if err != nil || inventories[0].Unread != nil {
		b.Fatal(err, inventories[0].Unread)
	}
	requests := make([]plan.Request, len(file.Rows))
	for i := range requests {
		requests[i].Row = &file.Rows[i]
	}
	return plan.New(requests, inventories), inventories
}

func allocatedBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
