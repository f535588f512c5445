package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"imgrename/batch/ecs/ecssim"
)

// BenchmarkManyLanes runs a job of 1,000 lanes with 20 rows each over a socket, at
// the usual rate: at 15 rows a second in each lane it would take 1.4 s on a
// machine that is fast enough. The server's time is not in the CPU time.
func BenchmarkManyLanes(b *testing.B) {
	const lanes, perLane = 1000, 20
	program := buildProgram(b, ".")
	var times, cpu []float64
	for b.Loop() {
		c := newCrowdedLanes(b, lanes, perLane, ecssim.Quota{})
		cmd := c.command(program, "apply", c.manifest, "--yes", "-q")
		took, _ := c.measure(b, cmd)
		c.server.Close()
		times = append(times, took.Seconds())
		used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		cpu = append(cpu, float64(used.Microseconds())/lanes/perLane)
	}
	b.ReportMetric(median(times), "s")
	b.ReportMetric(median(cpu), "µs-CPU/row")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkSmallJob renames one image of 250, with 50 ms for each call: what it
// takes besides three of them, one to read, one to write and one to confirm.
func BenchmarkSmallJob(b *testing.B) {
	const call = 50 * time.Millisecond
	program := buildProgram(b, ".")
	images := ecssim.Generate(250)
	server, err := ecssim.New(ecssim.Config{
		Forget: true, Latency: ecssim.Latency{Median: call},
		Accounts: []ecssim.Account{{Keys: []ecssim.Key{{AccessKeyID: "bench", Secret: "bench"}}, Regions: images}},
	})
	if err != nil {
		b.Fatal(err)
	}
	c := served(b, server)
	defer c.server.Close()
	c.manifest = filepath.Join(c.folder, "names.csv")
	var times []float64
	for n := 0; b.Loop(); n++ {
		text := fmt.Sprintf("image_id,region_id,image_name\n%s,cn-hangzhou,renamed-%d\n", images["cn-hangzhou"][0].ID, n)
		if err := os.WriteFile(c.manifest, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
		took, _ := c.apply(b, program)
		times = append(times, (took - 3*call).Seconds())
	}
	b.ReportMetric(median(times), "s-besides")
	b.ReportMetric(0, "ns/op")
}
