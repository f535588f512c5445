package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
)

// promtool runs Prometheus' own check of a text. TEST_PROMTOOL makes its
// absence a failure.
func promtool(t *testing.T, text string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("promtool"); err != nil {
		if os.Getenv("TEST_PROMTOOL") != "" {
			t.Fatal(err)
		}
		t.Skip("promtool is not installed")
	}
	cmd := exec.Command("promtool", args...)
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s\n%s", args, err, out, text)
	}
}

// Whatever a run comes to, promtool finds its metrics valid and well named, and
// the help names each of them.
func TestMetricsAreValid(t *testing.T) {
	_, page := readPage("topics/metrics")
	for _, code := range []int{
		codeOK, codeFailed, codeManifest, codeDenied, codeRefused, codeUnreadable, codeIncomplete, codePending, codeUncertain, codeKilled,
	} {
		m := &metricsFile{name: "nightly \"é\"\\.csv", began: time.Now()}
		m.meter.noteCall("DescribeImages", nil)
		m.meter.noteCall("DescribeImages", &ecs.Error{Sent: true, Err: errors.New("cut off")})
		m.meter.follow([]batch.Lane{{
			Lane: plan.Lane{Account: "1", Region: "cn-hangzhou"}, API: (*ecs.Client)(nil), Reads: pace.NewGate(1), Writes: pace.NewGate(2),
		}})
		e := &ending{summary: summaryOf(nil)}
		e.Exit = code
		var text bytes.Buffer
		if err := m.encode(&text, e, 1); err != nil {
			t.Fatal(err)
		}
		promtool(t, text.String(), "check", "metrics")
		if has := strings.Contains(text.String(), "\n"+lastSuccess+"{"); has != (code == codeOK) {
			t.Errorf("exit code %d: a success is %v", code, has)
		}
		for _, name := range regexp.MustCompile(`(?m)^# TYPE (\S+)`).FindAllStringSubmatch(text.String(), -1) {
			if !regexp.MustCompile(`\b` + name[1] + `\b`).MatchString(page) {
				t.Errorf("the help has nothing of %s", name[1])
			}
		}
	}
}

// The alerts that the help proposes are rules of Prometheus.
func TestAlertsAreValid(t *testing.T) {
	_, page := readPage("topics/metrics")
	_, rules, found := strings.Cut(page, "\n  groups:\n")
	if !found {
		t.Fatal("no rules")
	}
	file := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(file, []byte("groups:\n"+strings.ReplaceAll("\n"+rules, "\n  ", "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "", "check", "rules", file)
}

// Of a gate that was shut, the metrics say for how long.
func TestMetricsOfAShutGate(t *testing.T) {
	g := pace.NewGate(1000)
	ticket, err := g.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g.Leave(ticket, pace.Reply{Answer: pace.Refused})
	m := &metricsFile{name: "job"}
	m.meter.follow([]batch.Lane{{API: (*ecs.Client)(nil), Reads: pace.NewGate(1), Writes: g}})
	var text bytes.Buffer
	if err := m.encode(&text, &ending{summary: summaryOf(nil)}, 0); err != nil {
		t.Fatal(err)
	}
	if regexp.MustCompile(`throttled_seconds\{name="job",operation="write"\} 0\n`).MatchString(text.String()) {
		t.Error(text.String())
	}
	if !regexp.MustCompile(`throttled_seconds\{name="job",operation="read"\} 0\n`).MatchString(text.String()) {
		t.Error(text.String())
	}
}
