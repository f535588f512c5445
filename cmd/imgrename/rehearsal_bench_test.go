package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"imgrename/batch/ecs/ecssim"
)

// A paper is a job that needs no network: a manifest, and the images that
// --simulate takes from a file.
type paper struct{ folder, manifest, images string }

// newPaper writes a job that renames so many images of a region.
func newPaper(b *testing.B, rows int, region string) paper {
	b.Helper()
	p := paper{folder: b.TempDir()}
	p.manifest, p.images = filepath.Join(p.folder, "names.csv"), filepath.Join(p.folder, "images.csv")
	var names, images bytes.Buffer
	names.WriteString("image_id,region_id,image_name\n")
	images.WriteString("image_id,region_id,current_name\n")
	for i, image := range ecssim.Generate(rows, region)[region] {
		fmt.Fprintf(&names, "%s,%s,renamed-%d\n", image.ID, region, i)
		fmt.Fprintf(&images, "%s,%s,%s\n", image.ID, region, image.Name)
	}
	for path, text := range map[string]*bytes.Buffer{p.manifest: &names, p.images: &images} {
		if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return p
}

// took runs a command of the program on the manifest, in a process of its own,
// and returns how long that took.
func (p paper) took(b *testing.B, program, command string, args ...string) time.Duration {
	b.Helper()
	cmd := exec.Command(program, append([]string{command, p.manifest, "-q"}, args...)...)
	cmd.Env = []string{"HOME=" + p.folder, "IMGRENAME_STATE_DIR=" + filepath.Join(p.folder, "state")}
	begin := time.Now()
	if text, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, text[max(0, len(text)-2000):])
	}
	return time.Since(begin)
}

// BenchmarkSimulatedPlan compares the time that a row takes to be planned on
// simulated images among 100,000 and among 10,000. The ratio is 1 if the time
// grows with the rows and no faster, and if the program's memory is enough.
func BenchmarkSimulatedPlan(b *testing.B) {
	const few, many = 10_000, 100_000
	program := buildProgram(b, ".")
	small, large := newPaper(b, few, "cn-hangzhou"), newPaper(b, many, "cn-hangzhou")
	var ratios, rows []float64
	for b.Loop() {
		one := small.took(b, program, "plan", "--simulate", small.images).Seconds() / few
		of := large.took(b, program, "plan", "--simulate", large.images).Seconds() / many
		ratios, rows = append(ratios, of/one), append(rows, of*1e6)
	}
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(rows), "µs/row")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkRehearsal applies 20,000 rows to simulated images: nothing paces that.
// At the pace of a real run it would take 22 minutes.
func BenchmarkRehearsal(b *testing.B) {
	const count = 20_000
	program, job := buildProgram(b, "."), newPaper(b, count, "cn-hangzhou")
	var times, rows []float64
	for b.Loop() {
		took := job.took(b, program, "apply", "--yes", "--simulate", job.images).Seconds()
		times, rows = append(times, took), append(rows, took/count*1e6)
	}
	b.ReportMetric(median(times), "s")
	b.ReportMetric(median(rows), "µs/row")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkCheck compares a manifest whose region nobody knows with one whose
// region is known; ratio is the median of the pairs. It is 1 if what a region
// may have been meant to be is looked for once, not for each row.
func BenchmarkCheck(b *testing.B) {
	const count = 100_000
	program := buildProgram(b, ".")
	known, unknown := newPaper(b, count, "cn-hangzhou"), newPaper(b, count, "cn-hangzou")
	var ratios, rows []float64
	for b.Loop() {
		least := known.took(b, program, "check").Seconds()
		most := unknown.took(b, program, "check").Seconds()
		ratios, rows = append(ratios, most/least), append(rows, most/count*1e6)
	}
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(rows), "µs/row")
	b.ReportMetric(0, "ns/op")
}
