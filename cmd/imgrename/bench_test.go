package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
)

const (
	benchRows    = 100000
	benchWorkers = 64
)

// BenchmarkPipeline compares the whole program, from the manifest's file to the
// report's, with a bare loop of signed calls over the same client, on the
// same server, with as many workers. The two run in turn, and the figures are
// medians of the pairs' loop time / pipeline time: 1 means that planning, pacing,
// keeping the journal, judging and reporting cost nothing. The loop reads
// nothing, so the ratio leaves out the two listings of all images, before the
// plan and after the last write; whole has them in.
func BenchmarkPipeline(b *testing.B) {
	var ratios, writes, wholes, rates, allocs []float64
	for b.Loop() {
		loop := bareLoop(b)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		took := pipeline(b)
		runtime.ReadMemStats(&after)
		ratios = append(ratios, loop.Seconds()/(took.whole-took.listing).Seconds())
		writes = append(writes, loop.Seconds()/took.writes.Seconds())
		wholes = append(wholes, loop.Seconds()/took.whole.Seconds())
		rates = append(rates, benchRows/took.whole.Seconds())
		allocs = append(allocs, float64(after.Mallocs-before.Mallocs)/benchRows)
	}
	b.ReportMetric(median(rates), "rows/s")
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(writes), "writes")
	b.ReportMetric(median(wholes), "whole")
	b.ReportMetric(median(allocs), "allocs/row") // the server's are among them
	b.ReportMetric(0, "ns/op")
}

// phases are how long the parts of a run took: the listings before the first
// write and after the last, and the time between these two writes.
type phases struct{ whole, listing, writes time.Duration }

// A clocked server notes the time of each call.
type clocked struct {
	http.Handler
	mu                                 sync.Mutex
	firstRead, lastRead                time.Time // before the first write
	firstWrite, lastWrite, confirmedBy time.Time
}

func (c *clocked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	c.Handler.ServeHTTP(w, r)
	end := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch action := r.Header.Get("x-acs-action"); {
	case action == "ModifyImageAttribute":
		if c.firstWrite.IsZero() {
			c.firstWrite = begin
		}
		c.lastWrite = end
	case action != "DescribeImages":
	case c.firstWrite.IsZero():
		if c.firstRead.IsZero() {
			c.firstRead = begin
		}
		c.lastRead = end
	default:
		c.confirmedBy = end
	}
}

func (c *clocked) phases(whole time.Duration) phases {
	return phases{whole, c.lastRead.Sub(c.firstRead) + c.confirmedBy.Sub(c.lastWrite), c.lastWrite.Sub(c.firstWrite)}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// benchServer serves benchRows images. The caller closes it.
func benchServer(b *testing.B) (*clocked, *httptest.Server) {
	server, err := ecssim.New(ecssim.Config{Forget: true, Accounts: []ecssim.Account{{
		Keys: []ecssim.Key{{AccessKeyID: "bench", Secret: "bench"}}, Regions: ecssim.Generate(benchRows),
	}}})
	if err != nil {
		b.Fatal(err)
	}
	clock := &clocked{Handler: server}
	runtime.GC() // what came before is not for this one to collect
	return clock, httptest.NewServer(clock)
}

// bareLoop renames all images and returns how long that took.
func bareLoop(b *testing.B) time.Duration {
	_, server := benchServer(b)
	defer server.Close()
	endpoint, err := ecs.ParseEndpoint(server.URL)
	if err != nil {
		b.Fatal(err)
	}
	carrier := ecs.NewHTTPClient(benchWorkers)
	defer carrier.CloseIdleConnections()
	client := ecs.NewClient("cn-hangzhou", ecs.Config{
		Credentials: ecs.Static{AccessKeyID: "bench", AccessKeySecret: ecs.NewSecret("bench")}, HTTP: carrier, Endpoint: endpoint,
	})
	keys, err := client.Credentials(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	images := ecssim.Generate(benchRows)["cn-hangzhou"]
	begin := time.Now()
	var g errgroup.Group
	g.SetLimit(benchWorkers)
	for i, image := range images {
		g.Go(func() error {
			_, err := client.ModifyImageAttribute(b.Context(), keys, image.ID, ecs.Attributes{ImageName: fmt.Sprintf("renamed-%d", i)})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	return time.Since(begin)
}

// pipeline does the same with the whole program.
func pipeline(b *testing.B) phases {
	clock, server := benchServer(b)
	defer server.Close()
	folder := b.TempDir()
	var rows bytes.Buffer
	rows.WriteString("image_id,region_id,image_name\n")
	for i, image := range ecssim.Generate(benchRows)["cn-hangzhou"] {
		fmt.Fprintf(&rows, "%s,cn-hangzhou,renamed-%d\n", image.ID, i)
	}
	names := filepath.Join(folder, "names.csv")
	if err := os.WriteFile(names, rows.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	b.Setenv("IMGRENAME_STATE_DIR", filepath.Join(folder, "state"))
	b.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "bench")
	b.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "bench")
	var stderr bytes.Buffer
	begin := time.Now()
	code := run(context.Background(), []string{
		"apply", names, "--yes", "--endpoint", server.URL, "--rate", "1000000/s",
		"--workers", fmt.Sprint(benchWorkers), "--report", filepath.Join(folder, "report.csv"),
	}, streams{in: bytes.NewReader(nil), out: &sink{w: io.Discard}, err: &sink{w: &stderr}})
	took := time.Since(begin)
	if code != codeOK {
		b.Fatalf("exit code %d: %s", code, stderr.String())
	}
	return clock.phases(took)
}

// buildProgram builds a program as make build does.
func buildProgram(b *testing.B, source string) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "program")
	cmd := exec.Command("go", "build", "-trimpath", "-o", program, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, text)
	}
	return program
}

// BenchmarkStart compares the start of `imgrename version` with that of a Go
// program that does nothing; ratio is the median of the pairs.
func BenchmarkStart(b *testing.B) {
	folder := b.TempDir()
	empty := filepath.Join(folder, "empty.go")
	if err := os.WriteFile(empty, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	nothing, imgrename := buildProgram(b, empty), buildProgram(b, ".")
	start := func(program string, args ...string) float64 {
		begin := time.Now()
		if err := exec.Command(program, args...).Run(); err != nil {
			b.Fatal(err)
		}
		return time.Since(begin).Seconds()
	}
	var ratios []float64
	for b.Loop() {
		least := start(nothing)
		ratios = append(ratios, start(imgrename, "version")/least)
	}
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(0, "ns/op")
}
