package history_test

import (
	"testing"
	"time"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
)

func TestLatest(t *testing.T) {
	const day = 24 * time.Hour
	now := history.Instant{At: time.Date(2026, 11, 23, 3, 15, 0, 0, time.UTC), Boot: "one", Up: time.Hour}
	for _, tt := range []struct {
		name  string
		wall  time.Duration // ago, by the wall clock
		boot  string
		up    time.Duration
		alone time.Duration // ago
		want  time.Duration // ago
	}{
		{"the wall clock agrees", time.Minute, "one", 59 * time.Minute, 0, time.Minute},
		{"the wall clock was set forward", time.Hour, "one", time.Hour - time.Second, 0, time.Second},
		{"the wall clock was set back", -time.Hour, "one", 59 * time.Minute, 0, time.Minute},
		{"since it is alone", time.Minute, "one", 59 * time.Minute, 5 * time.Minute, time.Minute},
		{"another boot", time.Hour, "two", 59 * time.Minute, 0, 0},
		{"another boot, before this one was alone", time.Hour, "two", 59 * time.Minute, time.Minute, time.Minute},
		{"another boot, by a clock that is ahead", -time.Hour, "two", 59 * time.Minute, 0, 0},
		{"another boot, days ago", 3 * day, "two", 59 * time.Minute, time.Minute, 2 * day},
		{"an unknown boot", time.Hour, "", 59 * time.Minute, 0, 0},
		{"no time in the boot", time.Hour, "one", 0, 0, 0},
		{"a time in the boot that has not come: the host went back to a snapshot", time.Hour, "one", 2 * time.Hour, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			then := history.Instant{At: now.At.Add(-tt.wall), Boot: tt.boot, Up: tt.up}
			var alone time.Time
			if tt.alone > 0 {
				alone = now.At.Add(-tt.alone)
			}
			if got := now.At.Sub(now.Latest(then, alone)); got != tt.want {
				t.Errorf("%s ago, want %s", got, tt.want)
			}
		})
	}
	if got := (history.Instant{At: now.At}).Latest(history.Instant{At: now.At.Add(-time.Hour)}, now.At.Add(-time.Minute)); !got.Equal(now.At) {
		t.Errorf("two unknown boots were taken for one: %s", got)
	}
}

// TestReplayCountsByTheBoot: the times of each process count by its own boot.
func TestReplayCountsByTheBoot(t *testing.T) {
	start := time.Date(2026, 11, 23, 3, 15, 0, 0, time.UTC)
	now := history.Instant{At: start.Add(2 * time.Hour), Boot: "two", Up: 10 * time.Minute} // an hour of it was never there
	opened := func(boot string) history.Record {
		return history.Record{Kind: history.Opened, At: start, Up: 1, Process: &history.Process{Boot: boot}}
	}
	sent := func(row int, up time.Duration) history.Record {
		return history.Record{Kind: history.Intent, At: start, Up: up, Row: row, Set: new(ecs.Attributes)}
	}
	for _, tt := range []struct {
		name    string
		records []history.Record
		want    time.Duration // ago, the last call
	}{
		{"this boot", []history.Record{opened("two"), sent(0, 9*time.Minute)}, time.Minute},
		{"an earlier one", []history.Record{opened("one"), sent(0, 9*time.Minute)}, 0},
		{"one after the other", []history.Record{opened("one"), opened("two"), sent(0, 9*time.Minute)}, time.Minute},
		{"both", []history.Record{opened("one"), sent(0, 9*time.Minute), opened("two"), sent(1, 9*time.Minute)}, 0},
		{"none: an earlier version wrote it", []history.Record{sent(0, 0)}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := history.Replay{Now: now}
			for _, record := range tt.records {
				r.Add(record)
			}
			if got := now.At.Sub(r.LastLate()); got != tt.want {
				t.Errorf("%s ago, want %s", got, tt.want)
			}
		})
	}
}
