package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"imgrename/batch/ecs/ecssim"
)

// crowdedLanes is a server with images in many lanes, and a manifest that
// renames them all.
type crowdedLanes struct {
	server   *httptest.Server
	folder   string
	manifest string
	rows     int
}

// newCrowdedLanes serves so many images in each of so many lanes, each lane
// with a quota of its own. The caller closes the server.
func newCrowdedLanes(b *testing.B, lanes, perLane int, quota ecssim.Quota) *crowdedLanes {
	b.Helper()
	regions := make([]string, lanes)
	for i := range regions {
		regions[i] = fmt.Sprintf("cn-bench-%d", i+1)
	}
	images := ecssim.Generate(perLane, regions...)
	server, err := ecssim.New(ecssim.Config{
		Forget: true, Quotas: map[string]ecssim.Quota{"ModifyImageAttribute": quota},
		Accounts: []ecssim.Account{{Keys: []ecssim.Key{{AccessKeyID: "bench", Secret: "bench"}}, Regions: images}},
	})
	if err != nil {
		b.Fatal(err)
	}
	c := served(b, server)
	c.rows = lanes * perLane
	c.manifest = filepath.Join(c.folder, "names.csv")
	file, err := os.Create(c.manifest)
	if err != nil {
		b.Fatal(err)
	}
	out := bufio.NewWriter(file)
	fmt.Fprintln(out, "image_id,region_id,image_name")
	for i := range perLane { // as lanes come in a manifest that was merged: one after the other
		for _, region := range regions {
			fmt.Fprintf(out, "%s,%s,renamed-%d\n", images[region][i].ID, region, i)
		}
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	return c
}

// served serves a simulator over a socket. The caller closes the server.
func served(b *testing.B, server *ecssim.Server) *crowdedLanes {
	return &crowdedLanes{server: httptest.NewServer(server), folder: b.TempDir()}
}

// apply does the job with the program in a process of its own, and returns how
// long that took and the most memory it had, in bytes.
func (c *crowdedLanes) apply(b *testing.B, program string, args ...string) (took time.Duration, peak int64) {
	b.Helper()
	return c.measure(b, c.command(program, append([]string{"apply", c.manifest, "--yes", "-q"}, args...)...))
}

// command returns the program, to be run against the server.
func (c *crowdedLanes) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env = []string{
		"HOME=" + c.folder, "IMGRENAME_STATE_DIR=" + filepath.Join(c.folder, "state"), "IMGRENAME_ENDPOINT=" + c.server.URL,
		"ALIBABA_CLOUD_ACCESS_KEY_ID=bench", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=bench",
	}
	return cmd
}

// measure runs a command, and returns how long that took and the most memory it
// had, in bytes.
func (c *crowdedLanes) measure(b *testing.B, cmd *exec.Cmd) (took time.Duration, peak int64) {
	b.Helper()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			if err != nil {
				b.Fatalf("%v\n%s", err, said.Bytes()[max(0, said.Len()-2000):])
			}
			return time.Since(begin), peak
		case <-time.After(20 * time.Millisecond):
			peak = max(peak, highWater(b, cmd.Process.Pid))
		}
	}
}

// killed runs a command and kills it when half of the rows have been written.
func (c *crowdedLanes) killed(b *testing.B, cmd *exec.Cmd) {
	b.Helper()
	var writes atomic.Int64
	web := c.server.Config.Handler
	c.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("x-acs-action") == "ModifyImageAttribute" && writes.Add(1) == int64(c.rows/2) {
			_ = cmd.Process.Kill()
		}
		web.ServeHTTP(w, r)
	})
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	_ = cmd.Run() // it fails, being killed
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != -1 {
		b.Fatalf("it was not killed: %v\n%s", cmd.ProcessState, said.Bytes()[max(0, said.Len()-2000):])
	}
}

// highWater returns the most memory that a process has had so far. The kernel's
// figure after its end would include this process, from which it was forked.
func highWater(b *testing.B, pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat("/proc/self/status"); err != nil {
			b.Skip("no figures of processes here")
		}
		return 0 // it has just ended
	}
	_, line, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return 0 // it has just ended
	}
	kib, _ := strconv.ParseInt(fields[0], 10, 64)
	return kib << 10
}

// BenchmarkLarge runs large jobs in a process of their own, with a --rate that
// does not slow them, and fails if one takes more than 64 MiB and 1 KiB a row.
func BenchmarkLarge(b *testing.B) {
	program := buildProgram(b, ".")
	for _, size := range []struct{ lanes, perLane int }{{1, 100_000}, {1, 1_000_000}, {1000, 1000}} {
		b.Run(fmt.Sprintf("lanes=%d/rows=%d", size.lanes, size.lanes*size.perLane), func(b *testing.B) {
			if testing.Short() && size.lanes*size.perLane > benchRows {
				b.Skip("takes minutes")
			}
			var rates, peaks []float64
			for b.Loop() {
				c := newCrowdedLanes(b, size.lanes, size.perLane, ecssim.Quota{})
				took, peak := c.apply(b, program, "--rate", "1000000/s", "--workers", fmt.Sprint(max(1, benchWorkers/size.lanes)))
				c.server.Close()
				rates = append(rates, float64(c.rows)/took.Seconds())
				peaks = append(peaks, c.ofAllowed(peak))
			}
			b.ReportMetric(median(rates), "rows/s")
			boundPeaks(b, peaks)
		})
	}
}

// BenchmarkResume has a large job killed half way through its writes, and fails
// if finishing it, by either command, takes more memory than applying it may.
func BenchmarkResume(b *testing.B) {
	program := buildProgram(b, ".")
	flags := []string{"--rate", "1000000/s", "--workers", fmt.Sprint(benchWorkers), "--settle", "1s", "--yes", "-q"}
	for _, command := range []string{"resume", "apply"} {
		b.Run(command, func(b *testing.B) {
			var times, peaks []float64
			for b.Loop() {
				c := newCrowdedLanes(b, 1, benchRows, ecssim.Quota{})
				apply := append([]string{"apply", c.manifest}, flags...)
				c.killed(b, c.command(program, apply...))
				again := apply
				if command == "resume" {
					again = append([]string{"resume"}, flags...)
				}
				took, peak := c.measure(b, c.command(program, again...))
				c.server.Close()
				times = append(times, took.Seconds())
				peaks = append(peaks, c.ofAllowed(peak))
			}
			b.ReportMetric(median(times), "s")
			boundPeaks(b, peaks)
		})
	}
}

// ofAllowed returns so many bytes as a part of what the job may take.
func (c *crowdedLanes) ofAllowed(bytes int64) float64 {
	return float64(bytes) / (64<<20 + float64(c.rows)*1024)
}

// boundPeaks reports the most memory that any of the runs had, as ofAllowed
// gives it, and fails if that was too much.
func boundPeaks(b *testing.B, peaks []float64) {
	b.Helper()
	most := slices.Max(peaks)
	b.ReportMetric(most, "of-64MiB+1KiB/row")
	b.ReportMetric(0, "ns/op")
	if most > 1 {
		b.Errorf("took %.2f times 64 MiB and 1 KiB a row, want 1 at most", most)
	}
}

// BenchmarkLanes finds how many lanes this machine carries at full quota, 1000
// calls a minute each, the server included: all are kept at least 95 % busy.
func BenchmarkLanes(b *testing.B) {
	if testing.Short() {
		b.Skip("takes minutes")
	}
	const perSecond, seconds = 16, 15
	program := buildProgram(b, ".")
	busy := func(lanes int) float64 {
		c := newCrowdedLanes(b, lanes, perSecond*seconds, ecssim.Quota{Shape: ecssim.ClockWindow, Limit: 1000, Window: time.Minute})
		defer c.server.Close()
		clock := &clocked{Handler: c.server.Config.Handler}
		c.server.Config.Handler = clock
		c.apply(b, program, "--rate", fmt.Sprintf("%d/s", perSecond))
		ideal := float64(perSecond*seconds-1) / perSecond
		return ideal / clock.lastWrite.Sub(clock.firstWrite).Seconds()
	}
	for b.Loop() {
		carried, share := 0, 0.0
		for step := 256; step >= 16; step /= 2 {
			got := busy(carried + step)
			b.Logf("%d lanes: %.1f %% busy", carried+step, 100*got)
			if got >= 0.95 {
				carried, share = carried+step, got
			}
		}
		b.ReportMetric(float64(carried), "lanes")
		b.ReportMetric(share, "busy")
		b.ReportMetric(float64(carried*perSecond), "writes/s")
		b.ReportMetric(0, "ns/op")
	}
}
