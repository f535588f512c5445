package pace_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var (
	seeds = flag.Int("seeds", 10, "how many runs TestBars makes on each server")
	table = flag.Bool("table", false, "TestBars compares the gate with other laws, TestSharedQuota prints what it found")
)

// TestBars holds the gate to its bars on all servers. With -table it prints how
// other laws do there.
func TestBars(t *testing.T) {
	laws := []law{ours}
	if *table {
		laws = append(laws, baselines...)
	}
	sums := make([][]summary, len(servers))
	means := make([]score, len(laws))
	for i, s := range servers {
		for j, l := range laws {
			sum := plays(t, s, l, 1, *seeds)
			sums[i] = append(sums[i], sum)
			means[j].add(sum.mean, float64(len(servers)))
		}
		checkBars(t, s, sums[i][0].mean)
		if strings.HasPrefix(s.name, "e") && sums[i][0].worst.refused > 0 {
			t.Errorf("%s: %v at worst, want none refused", s.name, sums[i][0].worst)
		}
	}
	if m := means[0]; m.time > 1.05 || m.refused > 0.01 {
		t.Errorf("the mean is %v, want 1.05 and 1%% at most", m)
	}
	if *table {
		fmt.Print(lawTable(laws, sums, means))
	}
}

// Clients of ours that share a quota without knowing of each other use it up,
// and each gets its share, even where one takes a bucket for a window. The
// ideal is that of all of them together.
func TestSharedQuota(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "\nclients of ours on one quota; fair is the fastest client's time / the slowest's\n\n%-27s  %s  %-28s  %s\n",
		"server", "clients", "time / ideal and refused", "fair")
	for _, s := range []server{servers[0], servers[2]} {
		for n := 2; n <= 4; n++ {
			sum := plays(t, s, ours, n, *seeds)
			fmt.Fprintf(&b, "%-27s  %7d  %s (%s)  %.2f (%.2f)\n", s.name, n, sum.mean, sum.worst, sum.mean.fair, sum.worst.fair)
			if sum.mean.time > 1.1 || sum.worst.time > 1.25 || sum.mean.refused > 0.01*float64(n) || sum.worst.fair < 0.5 {
				t.Errorf("%d clients on %s: %s at a mean and %s, fair %.2f, at worst", n, s.name, sum.mean, sum.worst, sum.worst.fair)
			}
		}
	}
	if *table {
		fmt.Print(b.String())
	}
}

// A ceiling that is far too high does little harm: the gate finds out what the
// quota gives.
func TestBarsWithoutACeiling(t *testing.T) {
	for _, s := range servers {
		checkBars(t, s, plays(t, s, gate(1e6), 1, 3).mean)
	}
}

// Workers that start shortly before the end of a minute whose quota is spent
// lose the rest of that minute and no more.
func TestSpentMinute(t *testing.T) {
	const calls = 300
	for seed := range uint64(*seeds) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, "1000/60s", seed)
			end := w.clock().Truncate(time.Minute).Add(2 * time.Minute)
			time.Sleep(end.Sub(w.clock()) - 10*time.Second)
			for ok := true; ok; {
				ok, _ = w.meter.Call(w.clock())
			}
			w.client(ours, calls, seed, 1).run(t)
			// The pauses after the minute, a call, the pace of the others, the
			// last.
			late := w.clock().Sub(end) - calls*time.Second/ceiling
			if late > 1500*time.Millisecond {
				t.Errorf("seed %d: %s after the minute and the time of the calls", seed, late)
			}
			if w.refused > 6 {
				t.Errorf("seed %d: %d calls were refused", seed, w.refused)
			}
		})
	}
}

func checkBars(t *testing.T, s server, mean score) {
	t.Helper()
	if mean.time > 1.25 || mean.refused > 0.03 {
		t.Errorf("%s: %v, want 1.25 and 3%% at most", s.name, mean)
	}
}

func (s score) String() string { return fmt.Sprintf("%5.3f %5.2f%%", s.time, 100*s.refused) }

func lawTable(laws []law, sums [][]summary, means []score) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\ntime / ideal and refused calls / rows, mean of %d runs (worst of each)\n\n%-27s", *seeds, "server")
	for _, l := range laws {
		fmt.Fprintf(&b, "  %-28s", l.name)
	}
	for i, s := range servers {
		fmt.Fprintf(&b, "\n%-27s", s.name)
		for _, sum := range sums[i] {
			fmt.Fprintf(&b, "  %-28s", fmt.Sprintf("%s (%s)", sum.mean, sum.worst))
		}
	}
	fmt.Fprintf(&b, "\n%-27s", "mean")
	for _, m := range means {
		fmt.Fprintf(&b, "  %-28s", m)
	}
	return b.String() + "\n"
}
