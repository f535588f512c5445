package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mattn/go-runewidth"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
)

// The lanes of plans.
var (
	oneAccount  = []plan.Lane{{Account: "1001", Region: "cn-hangzhou"}, {Account: "1001", Region: "cn-beijing"}}
	twoAccounts = []plan.Lane{{Account: "1001", Region: "cn-hangzhou"}, {Account: "2002", Region: "cn-hangzhou"}}
)

// A saying is noted at a time after the start.
type saying struct {
	at   time.Duration
	note func(*progress)
}

func decided(o plan.Outcome) func(*progress) {
	return func(g *progress) { g.note(batch.Event{Kind: batch.Decided}, history.Result{Outcome: o}) }
}

// trouble notes an event of a lane now, about trouble that began some time ago.
func trouble(lane int, state batch.LaneState, ago time.Duration, err error) func(*progress) {
	return func(g *progress) {
		now := time.Now()
		g.noteLane(batch.LaneEvent{Lane: lane, State: state, Since: now.Add(-ago), At: now, Err: err})
	}
}

// said returns what a run of 70 s with five rows says on standard error.
func said(t *testing.T, c *common, lanes []plan.Lane, sayings []saying) string {
	t.Helper()
	var out bytes.Buffer
	c.err = &sink{w: &out}
	start := time.Now()
	g := c.startProgress(t.Context(), &plan.Plan{Lanes: lanes, Rows: make([]plan.Row, 5)})
	for _, s := range sayings {
		time.Sleep(time.Until(start.Add(s.at)))
		s.note(g)
	}
	time.Sleep(time.Until(start.Add(70 * time.Second)))
	g.stop()
	return out.String()
}

// Between the lines that say how far a run is, the trouble of a lane is said
// once when it begins and once when it ends. The bubble's clock starts at
// midnight.
func TestProgressSaysWhyNothingMoves(t *testing.T) {
	cut := errors.New("DescribeImages: dial tcp: connection refused\x1b[2J")
	outage := []saying{
		{time.Second, decided(plan.Applied)},
		{20 * time.Second, trouble(1, batch.Unreachable, 5*time.Second, cut)},
		{40 * time.Second, trouble(1, batch.Reachable, 25*time.Second, nil)},
		{50 * time.Second, decided(plan.Failed)},
	}
	tests := []struct {
		name    string
		mode    string
		quiet   bool
		lanes   []plan.Lane
		sayings []saying
		want    string
	}{
		{
			"an outage", "plain", false, oneAccount, outage,
			`cn-beijing: no reply since 00:00:15 UTC, waiting up to 30m0s: DescribeImages: dial tcp: connection refused\x1b[2J
1 of 5 rows: 1 applied, 0 not done; 1 lane out of reach
cn-beijing: replies again after 25s
2 of 5 rows: 1 applied, 1 not done
`,
		},
		{
			"of one of two accounts, without progress", "none", false, twoAccounts, outage,
			`2002/cn-hangzhou: no reply since 00:00:15 UTC, waiting up to 30m0s: DescribeImages: dial tcp: connection refused\x1b[2J
2002/cn-hangzhou: replies again after 25s
`,
		},
		{"for nobody to read", "auto", true, oneAccount, outage, ""},
		{
			"throttled", "auto", false, oneAccount,
			[]saying{
				{20 * time.Second, trouble(0, batch.Throttled, 5*time.Second, nil)},
				{20 * time.Second, trouble(1, batch.Throttled, 5*time.Second, nil)},
				{45 * time.Second, trouble(0, batch.Unthrottled, 30*time.Second, nil)},
				{50 * time.Second, trouble(1, batch.GivenUp, 900*time.Second, pace.ErrThrottledOut)},
			},
			`cn-hangzhou: throttled since 00:00:15 UTC, waiting up to 15m0s for the quota
cn-beijing: throttled since 00:00:15 UTC, waiting up to 15m0s for the quota
0 of 5 rows: 0 applied, 0 not done; 2 lanes throttled
cn-hangzhou: no longer throttled after 30s
cn-beijing: giving up: throttled: no call was accepted for 15 minutes
0 of 5 rows: 0 applied, 0 not done
`,
		},
		{
			"both, and the end of it", "plain", false, oneAccount,
			[]saying{
				{20 * time.Second, trouble(0, batch.Throttled, 5*time.Second, nil)},
				{25 * time.Second, trouble(0, batch.Unreachable, time.Second, cut)},
				{40 * time.Second, trouble(0, batch.GivenUp, time.Minute, &batch.OutageError{Length: time.Minute, Err: cut})},
			},
			`cn-hangzhou: throttled since 00:00:15 UTC, waiting up to 15m0s for the quota
cn-hangzhou: no reply since 00:00:24 UTC, waiting up to 30m0s: DescribeImages: dial tcp: connection refused\x1b[2J
0 of 5 rows: 0 applied, 0 not done; 1 lane out of reach; 1 lane throttled
cn-hangzhou: giving up: no reply for 1m0s (--max-outage): DescribeImages: dial tcp: connection refused\x1b[2J
0 of 5 rows: 0 applied, 0 not done
`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &common{progress: test.mode, quiet: test.quiet, maxOutage: 30 * time.Minute}
				if diff := cmp.Diff(test.want, said(t, c, test.lanes, test.sayings)); diff != "" {
					t.Errorf("standard error (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A line that is redrawn makes room for news, and comes back below it.
func TestProgressBarMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := &common{progress: "auto", maxOutage: time.Minute}
		c.live, c.err = true, &sink{w: &out}
		g := c.startProgress(t.Context(), &plan.Plan{Lanes: oneAccount, Rows: make([]plan.Row, 5)})
		time.Sleep(700 * time.Millisecond)
		trouble(0, batch.Unreachable, 0, errors.New("connection reset"))(g)
		time.Sleep(100 * time.Millisecond)
		trouble(0, batch.Reachable, time.Second, nil)(g)
		synctest.Wait()
		g.stop()
		const clear, up = "\r\x1b[J", "\r\x1b[1A\x1b[J"
		want := clear + "[                                       ] 0 of 5 rows: 0 applied, 0 not done\n" +
			"  cn-hangzhou [                                                      ] 0 of 5" +
			up + "cn-hangzhou: no reply since 00:00:00 UTC, waiting up to 1m0s: connection reset\n" +
			"[                  ] 0 of 5 rows: 0 applied, 0 not done; 1 lane out of reach\n" +
			"  cn-hangzhou [                                        ] 0 of 5, out of reach" +
			up + "cn-hangzhou: replies again after 1s\n" +
			"[                                       ] 0 of 5 rows: 0 applied, 0 not done\n" +
			"  cn-hangzhou [                                                      ] 0 of 5" +
			up
		if got := out.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// What is drawn fits the terminal as it is at the moment.
func TestScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		size := terminal{columns: 80, lines: 10}
		s := newScreen(func() terminal { return size }, 100)
		lanes := []laneState{
			{0, 40, 40, "done", ""},
			{1, 20, 5, "cn-hangzhou", ""},
			{2, 20, 0, "cn-beijing", "throttled"},
			{3, 10, 1, "us-west-1", ""},
			{4, 5, 1, "eu-west-1", ""},
			{5, 5, 1, "\x1b[31mred", ""},
		}
		draw := func(done int) []string {
			t.Helper()
			text := s.frame(nil, fmt.Sprintf("%d of 100 rows", done), done, slices.Clone(lanes))
			_, text, _ = strings.Cut(text, clearBelow)
			lines := strings.Split(text, "\n")
			for _, line := range lines {
				if n := runewidth.StringWidth(line); n+len("^C") >= size.columns || strings.ContainsRune(line, '\x1b') {
					t.Errorf("%d columns: %q", n, line)
				}
			}
			return lines
		}
		draw(40)
		time.Sleep(10 * time.Second)
		lines := draw(50)
		if len(lines) != 5 || !strings.Contains(lines[0], "[==") || !strings.Contains(lines[0], "50 of 100 rows; ") || !strings.HasSuffix(lines[0], " left") {
			t.Errorf("at 80 columns: %q", lines)
		}
		if !strings.HasPrefix(lines[1], "  cn-beijing ") || !strings.HasSuffix(lines[1], "0 of 20, throttled") || lines[4] != "  … and 2 more" {
			t.Errorf("lanes: %q", lines)
		}
		size.columns = 40
		if back := s.back(40); back != "\r\x1b[8A\x1b[J" { // four lines of two each, and one
			t.Errorf("narrower: %q after widths of %v", back, s.drawn)
		}
		if lines := draw(60); lines[0] != "60 of 100 rows" || !strings.HasPrefix(lines[1], "  cn-beijing") {
			t.Errorf("at 40 columns: %q", lines)
		}
		size = terminal{columns: 100, lines: 30}
		if lines := draw(70); len(lines) != 6 || !strings.Contains(lines[5], `\x1b[31mred`) {
			t.Errorf("all lanes: %q", lines)
		}
		size.lines = 2
		if lines := draw(80); len(lines) != 1 {
			t.Errorf("no room: %q", lines)
		}
		if text := s.frame([]string{"news"}, "", 0, nil); text != "\r\x1b[Jnews\n" || len(s.drawn) != 0 {
			t.Errorf("at the end: %q", text)
		}
	})
}
