package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// What a run may take: so much, and so much for each row; and for each image
// that is listed and no row is about. What is left for the program itself, which
// the limit below does not count, is 16 MiB.
const (
	baseMemory  = 48 << 20
	rowMemory   = 1 << 10
	imageMemory = 1 << 9
)

// boundMemory has the garbage of a run collected before it outgrows what the run
// may take, unless the environment says otherwise.
func boundMemory(rows, images int) {
	limitMemory(baseMemory + int64(rows)*rowMemory + int64(max(0, images-rows))*imageMemory)
}

// settleMemory is boundMemory for a job whose plan is made. One that needs more
// (rows with long descriptions) gets an eighth more than what is alive.
func settleMemory(rows int) {
	runtime.GC()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	need := int64(live[0].Value.Uint64())
	limitMemory(max(baseMemory+int64(rows)*rowMemory, need+need/8))
}

func limitMemory(bytes int64) {
	if os.Getenv("GOMEMLIMIT") == "" && os.Getenv("GOGC") == "" {
		debug.SetMemoryLimit(bytes)
	}
}
