package batch_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/history"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

// instantly is an API that does everything at once. Its images are as the plan
// wants them, so that all rows are confirmed.
type instantly map[string]ecs.Image

func (instantly) Credentials(context.Context) (ecs.Credentials, error) {
	return ecs.Credentials{}, nil
}

func (instantly) ModifyImageAttribute(context.Context, ecs.Credentials, string, ecs.Attributes) (string, error) {
	return "8A5B7A0C-5D3B-4C1B-9C2E-0E3E6B1C1C11", nil
}

func (instantly) VerifyImageAttribute(context.Context, string, ecs.Attributes) error { return nil }

func (a instantly) DescribeImages(_ context.Context, q ecs.Query) (ecs.Page, error) {
	page := ecs.Page{Total: len(q.IDs)}
	for _, id := range q.IDs {
		page.Images = append(page.Images, a[id])
	}
	return page, nil
}

// forgetful is a journal that keeps nothing.
type forgetful struct{}

func (forgetful) Commit(history.Record) error { return nil }
func (forgetful) Append(history.Record) error { return nil }

// jobOf returns a job of so many rows in each of so many lanes, all behind api.
func jobOf(lanes, rows int, api instantly) *batch.Job {
	var requests []plan.Request
	var inventories []plan.Inventory
	job := &batch.Job{Workers: 1, Seen: time.Now(), Journal: forgetful{}}
	for n := range lanes {
		lane := plan.Lane{Account: account, Region: fmt.Sprintf("cn-lane-%d", n)}
		listed := make([]ecs.Image, rows)
		for i, image := range ecssim.Generate(rows, lane.Region)[lane.Region] {
			want := &manifest.Row{ImageID: image.ID, Want: manifest.Values{ImageName: fmt.Sprintf("renamed-%d", i)}}
			listed[i] = ecs.Image{ID: image.ID, Attributes: ecs.Attributes{ImageName: image.Name, Status: "Available"}}
			requests = append(requests, plan.Request{Row: want, Lane: n})
			renamed := listed[i]
			renamed.ImageName = want.Want.ImageName
			api[image.ID] = renamed
		}
		inventories = append(inventories, plan.Inventory{Lane: lane, Images: listed})
		job.Lanes = append(job.Lanes, batch.Lane{
			Lane: lane, API: api, Reads: pace.NewGate(1e9), Writes: pace.NewGate(1e9), Retry: batch.DefaultRetry,
		})
	}
	job.Plan = plan.New(requests, inventories)
	return job
}

// BenchmarkRun measures the engine alone: no network, no disk.
func BenchmarkRun(b *testing.B) {
	const rows, workers = 20_000, 64
	job := jobOf(1, rows, instantly{})
	job.Workers = workers
	b.ReportAllocs()
	for b.Loop() {
		job.Seen = time.Now()
		results, err := job.Run(b.Context())
		if err != nil || results[0].Outcome != plan.Applied || results[rows-1].Outcome != plan.Applied {
			b.Fatal(results[0], results[rows-1], err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
	b.ReportMetric(0, "ns/op")
}
