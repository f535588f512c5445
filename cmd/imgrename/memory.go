package main

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
)

// A run takes at most 64 MiB, 1 KiB for each row, and half as much for each
// listed image without a row. The limit below is lower: it does not count the
// pages of the program, nor what is allocated while the collector works. A
// rehearsal has no limit: its images are in the same process.
const (
	baseMemory  = 48 << 20
	rowMemory   = 950
	imageMemory = 500
)

// workerMemory is for the stacks and the connection of a worker. The first
// worker of each lane is not counted. Many lanes with many workers need more
// for these than for their rows.
const workerMemory = 12 << 10

// slackMemory is what the collector needs beside what is alive. Without it, a
// job that is larger than expected would do little but collect.
const slackMemory = 32 << 20

// readMemory makes the collector run often until the number of rows is known.
func readMemory() {
	if memoryIsOurs() {
		debug.SetGCPercent(40)
	}
}

// boundMemory limits the memory of a run while its images are listed and its
// plan is made.
func boundMemory(rows, images int) {
	limitMemory(baseMemory + int64(rows)*rowMemory + int64(max(0, images-rows))*imageMemory)
}

// settleMemory limits the memory of a job whose plan is made; workers are those
// of each lane. A job that needs more (long descriptions, a resumed run) gets
// an eighth more than what is alive.
func settleMemory(rows, lanes, workers int) {
	if !memoryIsOurs() {
		return
	}
	debug.FreeOSMemory() // collects first; new objects do not fit into the gaps
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	need := int64(live[0].Value.Uint64())
	crew := int64(lanes) * int64(workers-1) * workerMemory
	limitMemory(crew + max(baseMemory+int64(rows)*rowMemory, need+need/8+slackMemory))
}

// memoryIsOurs reports whether the environment leaves the limit to us.
func memoryIsOurs() bool { return os.Getenv("GOMEMLIMIT") == "" && os.Getenv("GOGC") == "" }

func limitMemory(bytes int64) {
	if memoryIsOurs() {
		debug.SetMemoryLimit(bytes)
		debug.SetGCPercent(100)
	}
}
