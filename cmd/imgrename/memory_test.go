package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// No collection is forced in order to set a limit if the limit is not ours to
// set.
func TestMemoryIsLeftAloneWhereTheEnvironmentBoundsIt(t *testing.T) {
	for _, name := range []string{"GOMEMLIMIT", "GOGC"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOMEMLIMIT", "")
			t.Setenv("GOGC", "")
			t.Setenv(name, "100")
			before := forcedCollections()
			settleMemory(1, 1, 1)
			if n := forcedCollections() - before; n != 0 {
				t.Errorf("%d collections were forced", n)
			}
		})
	}
}

// The limit of many lanes with many workers has room for these; that of one
// lane is that of its rows.
func TestMemoryLimitHasRoomForWorkers(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "")
	t.Setenv("GOGC", "")
	limit, percent := debug.SetMemoryLimit(-1), debug.SetGCPercent(100)
	defer func() { debug.SetMemoryLimit(limit); debug.SetGCPercent(percent) }()

	const rows = 500_000 // more than what is alive in a test
	for _, tt := range []struct{ lanes, workers, crew int64 }{{1, 1, 0}, {1000, 1, 0}, {1, 16, 180 << 10}, {256, 16, 45 << 20}} {
		settleMemory(rows, int(tt.lanes), int(tt.workers))
		if got, want := debug.SetMemoryLimit(-1), baseMemory+rows*rowMemory+tt.crew; got != want {
			t.Errorf("%d lanes with %d workers: %d bytes, want %d", tt.lanes, tt.workers, got, want)
		}
	}
}

func forcedCollections() uint32 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.NumForcedGC
}
