package main

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
)

// A run takes 64 MiB and 1 KiB a row at most, and half as much for each image
// that is listed and no row is about. The limit that is set leaves some of that
// for what it does not count, such as the program's own pages, and for what is
// allocated while the collector is still at work.
const (
	baseMemory  = 48 << 20
	rowMemory   = 950
	imageMemory = 500
)

// workerMemory is for the stacks and the connection of a worker. The first one
// of each lane is not worth counting; many lanes with many workers need more for
// them than for their rows.
const workerMemory = 12 << 10

// slackMemory is what the collector needs beside what is alive: without it a job
// that is larger than expected would do little else than collect.
const slackMemory = 32 << 20

// readMemory has the garbage collected often while it is not known how many rows
// there will be.
func readMemory() {
	if memoryIsOurs() {
		debug.SetGCPercent(40)
	}
}

// boundMemory has the garbage of a run collected before it outgrows what the run
// may take, while its images are listed and its plan is made.
func boundMemory(rows, images int) {
	limitMemory(baseMemory + int64(rows)*rowMemory + int64(max(0, images-rows))*imageMemory)
}

// settleMemory bounds a job whose plan is made, with so many workers in each of
// so many lanes. One that needs more (rows with long descriptions, a run that is
// resumed) gets an eighth more than what is alive.
func settleMemory(rows, lanes, workers int) {
	if !memoryIsOurs() {
		return
	}
	debug.FreeOSMemory() // collects first; what comes now does not fit into the gaps
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	need := int64(live[0].Value.Uint64())
	crew := int64(lanes) * int64(workers-1) * workerMemory
	limitMemory(crew + max(baseMemory+int64(rows)*rowMemory, need+need/8+slackMemory))
}

// memoryIsOurs tells that the environment has no wishes of its own.
func memoryIsOurs() bool { return os.Getenv("GOMEMLIMIT") == "" && os.Getenv("GOGC") == "" }

func limitMemory(bytes int64) {
	if memoryIsOurs() {
		debug.SetMemoryLimit(bytes)
		debug.SetGCPercent(100)
	}
}
