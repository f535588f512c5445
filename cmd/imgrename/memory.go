package main

import (
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
)

// What a run may take: so much, and so much for each row. What is left for the
// program itself, which the limit below does not count, is 16 MiB.
const (
	baseMemory = 48 << 20
	rowMemory  = 1 << 10
)

// boundMemory has the garbage of a run collected before it outgrows what the run
// may take, unless the environment says otherwise. A run that needs more than
// that alive (long descriptions, a lane with many more images than rows) gets
// a third more than it needs.
func boundMemory(rows int) {
	if os.Getenv("GOMEMLIMIT") != "" || os.Getenv("GOGC") != "" {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	need := live[0].Value.Uint64()
	need += need / 3
	debug.SetMemoryLimit(max(baseMemory+int64(rows)*rowMemory, int64(min(need, math.MaxInt64))))
}
