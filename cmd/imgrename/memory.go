package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// A run takes 64 MiB and 1 KiB a row at most, and half as much for each image
// that is listed and no row is about. The limit that is set leaves some of that
// for what it does not count, such as the program's own pages.
const (
	baseMemory  = 48 << 20
	rowMemory   = 1000
	imageMemory = 500
)

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
// may take.
func boundMemory(rows, images int) {
	limitMemory(baseMemory + int64(rows)*rowMemory + int64(max(0, images-rows))*imageMemory)
}

// settleMemory is boundMemory for a job whose plan is made. One that needs more
// (rows with long descriptions, a run that is resumed) gets a quarter more than
// what is alive.
func settleMemory(rows int) {
	if !memoryIsOurs() {
		return
	}
	runtime.GC()
	limitMemory(max(baseMemory+int64(rows)*rowMemory, neededMemory()))
}

// neededMemory is a quarter more than what was alive when garbage was last
// collected, what stacks and the runtime itself take, and some slack.
func neededMemory() int64 {
	classes := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(classes)
	alive, others := int64(classes[0].Value.Uint64()), int64(classes[1].Value.Uint64())
	for _, heap := range classes[2:] {
		others -= int64(heap.Value.Uint64())
	}
	return alive + alive/4 + others + slackMemory
}

// followMemory raises the limit, until it is told to stop, where what is alive
// comes near it: many lanes have many workers and connections, which were not
// there when the limit was set.
func followMemory() (stop func()) {
	if !memoryIsOurs() {
		return func() {}
	}
	done := make(chan struct{})
	var follower sync.WaitGroup
	follower.Go(func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				raiseMemory()
			case <-done:
				return
			}
		}
	})
	return func() { close(done); follower.Wait() }
}

func raiseMemory() {
	if need := neededMemory(); need > debug.SetMemoryLimit(-1) {
		limitMemory(need)
	}
}

// memoryIsOurs tells that the environment has no wishes of its own.
func memoryIsOurs() bool { return os.Getenv("GOMEMLIMIT") == "" && os.Getenv("GOGC") == "" }

func limitMemory(bytes int64) {
	if memoryIsOurs() {
		debug.SetMemoryLimit(bytes)
		debug.SetGCPercent(100)
	}
}
