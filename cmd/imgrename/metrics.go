package main

// What --metrics-file says to Prometheus about the last run of a job.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/spf13/pflag"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
	"imgrename/batch/runs"
	"imgrename/report"
)

// lastSuccess is the metric that a failure leaves as it was.
const lastSuccess = "imgrename_last_success_timestamp_seconds"

// A metricsFile is the file of --metrics-file and what it will say.
type metricsFile struct {
	file, job string
	name      string // the job's
	began     time.Time
	before    float64 // the last success before this run, in Unix seconds; 0 for none
	meter     meter
}

func (m *metricsFile) bind(f *pflag.FlagSet) {
	f.StringVar(&m.file, "metrics-file", "", "write metrics of the run to this `file`, for Prometheus (see imgrename help metrics)")
	f.StringVar(&m.job, "job", "", "`name` of the job in the metrics (default the manifest's base name)")
}

// start reads what the file says of earlier runs. source is the manifest, as the
// user named it. The error is a [*usageError] if the file must not be replaced.
func (m *metricsFile) start(source string) error {
	if m.file == "" {
		return nil
	}
	m.began = time.Now()
	switch {
	case m.job != "":
		m.name = m.job
	case source == "-":
		return &usageError{hinted{errors.New("--metrics-file needs a name for the job, and the manifest has none"), "add --job NAME"}}
	default:
		m.name = filepath.Base(source)
	}
	m.name = report.Printable(m.name)
	if err := m.readFile(); err != nil {
		file := m.file
		m.file = "" // to be left as it is
		return &usageError{fmt.Errorf("--metrics-file %s: %w", file, err)}
	}
	return nil
}

// readFile reads the file, if there is one. Another file of that name, or that
// of another job, must not be replaced.
func (m *metricsFile) readFile() error {
	if err := report.CheckPlace(m.file); err != nil {
		return err
	}
	file, err := os.Open(m.file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return reason(err)
	}
	defer file.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(io.LimitReader(file, maxMetrics))
	if err != nil {
		return errors.New("the file that is there is not one of metrics")
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if name := labelOf(metric, "name"); name != m.name {
				return hinted{fmt.Errorf("the file that is there is of the job %q", name), "name a file for each job"}
			}
		}
	}
	if family := families[lastSuccess]; family != nil {
		m.before = family.GetMetric()[0].GetGauge().GetValue()
	}
	return nil
}

// maxMetrics bounds how much of a metrics file is read, in bytes.
const maxMetrics = 1 << 20

func labelOf(metric *dto.Metric, name string) string {
	for _, label := range metric.GetLabel() {
		if label.GetName() == name {
			return label.GetValue()
		}
	}
	return ""
}

// write writes the file after an ending. One that says nothing of the job leaves
// it as it was: a wrong command line, or a run of another process.
func (m *metricsFile) write(e *ending, unfinished int) error {
	if m.file == "" || m.name == "" || e.Exit == codeUsage || e.Exit == codeHeld {
		return nil
	}
	var text bytes.Buffer
	if err := m.encode(&text, e, unfinished); err != nil {
		return err
	}
	err := report.WritePublicFile(m.file, func(w io.Writer) error { _, err := text.WriteTo(w); return err })
	if err != nil {
		return fmt.Errorf("the metrics could not be written: %s: %w", m.file, err)
	}
	return nil
}

func (m *metricsFile) encode(w io.Writer, e *ending, unfinished int) error {
	registry := prometheus.NewRegistry()
	for _, c := range m.collect(e, time.Now(), unfinished) {
		if err := registry.Register(c); err != nil {
			return err
		}
	}
	families, err := registry.Gather()
	if err != nil {
		return err
	}
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(w, family); err != nil {
			return err
		}
	}
	return nil
}

// collect returns the metrics. All are gauges: they are of the last run, and of
// nothing before it.
func (m *metricsFile) collect(e *ending, now time.Time, unfinished int) []prometheus.Collector {
	var all []prometheus.Collector
	vector := func(name, help string, labels ...string) *prometheus.GaugeVec {
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "imgrename", Name: name, Help: help, ConstLabels: prometheus.Labels{"name": m.name},
		}, labels)
		all = append(all, v)
		return v
	}
	gauge := func(name, help string, value float64) { vector(name, help).WithLabelValues().Set(value) }
	gauge("last_start_timestamp_seconds", "When the last run began, in Unix time.", seconds(m.began))
	gauge("last_end_timestamp_seconds", "When the last run ended, in Unix time.", seconds(now))
	success := m.before
	if e.Exit == codeOK {
		success = seconds(now)
	}
	if success > 0 {
		gauge("last_success_timestamp_seconds", "When the last run that ended with exit code 0 did so, in Unix time.", success)
	}
	gauge("duration_seconds", "How long the last run took.", now.Sub(m.began).Seconds())
	gauge("exit_code", "The exit code of the last run.", float64(e.Exit))
	gauge("unfinished_runs", "Runs in the state folder that are not finished.", float64(unfinished))
	rows := vector("rows", "Rows of the last run by outcome.", "outcome")
	for _, o := range plan.Outcomes() {
		rows.WithLabelValues(o.String()).Set(float64(e.Counts[o.String()]))
	}
	m.meter.collect(vector)
	vector("build_info", "The program, always 1.", "version", "goversion").WithLabelValues(version, runtime.Version()).Set(1)
	return all
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// A meter counts calls, and has the gates that they pass. It is safe for
// concurrent use, and its zero value is empty.
type meter struct {
	mu    sync.Mutex
	calls map[callKind]int
	paces []paced
}

type callKind struct{ action, class string }

// A paced is a lane whose pace is told.
type paced struct {
	lane          plan.Lane
	reads, writes *pace.Gate
}

// follow makes the pace of lanes known.
func (m *meter) follow(lanes []batch.Lane) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, lane := range lanes {
		if lane.API != nil {
			m.paces = append(m.paces, paced{lane.Lane, lane.Reads, lane.Writes})
		}
	}
}

// noteCall counts a call and its answer.
func (m *meter) noteCall(action string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls == nil {
		m.calls = make(map[callKind]int)
	}
	m.calls[callKind{action, ecs.Classify(err).String()}]++
}

func (m *meter) collect(vector func(name, help string, labels ...string) *prometheus.GaugeVec) {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := vector("calls", "API calls of the last run by action and class of the answer.", "action", "class")
	for kind, n := range m.calls {
		calls.WithLabelValues(kind.action, kind.class).Set(float64(n))
	}
	throttled := vector("throttled_seconds", "How long calls were held back after a refusal for their rate in the last run, summed over accounts and regions.", "operation")
	rate := vector("pace_calls_per_second", "Calls per second that were allowed when the last run ended.", "account", "region", "operation")
	var total [2]time.Duration
	for _, p := range m.paces {
		for i, gate := range []*pace.Gate{p.reads, p.writes} {
			total[i] += gate.ShutFor()
			rate.WithLabelValues(p.lane.Account, p.lane.Region, operations[i]).Set(gate.Rate())
		}
	}
	for i, operation := range operations {
		throttled.WithLabelValues(operation).Set(total[i].Seconds())
	}
}

var operations = [2]string{"read", "write"}

// writeMetrics writes the metrics of a run that has ended; a rehearsal is none.
func (c *common) writeMetrics(e *ending) error {
	if c.metrics.file == "" || c.simulate != "" {
		return nil
	}
	unfinished := 0
	if state, err := runs.Find(c.stateFolder()); err == nil {
		defer state.Close()
		left, _ := state.Unfinished()
		unfinished = len(left)
	}
	return c.metrics.write(e, unfinished)
}
