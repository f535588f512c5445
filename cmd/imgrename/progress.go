package main

import (
	"fmt"
	"sync"
	"time"

	"imgrename/batch"
	"imgrename/batch/plan"
)

// How often progress is said: a line for logs, a redrawn one for a person.
const (
	heartbeat = 30 * time.Second
	redraw    = 500 * time.Millisecond
)

// progress says on standard error how far a run is.
type progress struct {
	c     *common
	total int
	live  bool

	mu           sync.Mutex
	acknowledged int
	decided      plan.Totals

	done    chan struct{}
	stopped chan struct{}
}

// startProgress begins to say how far the run is, in the way that was asked for.
func (c *common) startProgress(p *plan.Plan) *progress {
	g := &progress{c: c, total: len(p.Rows), done: make(chan struct{}), stopped: make(chan struct{})}
	mode := c.progress
	if mode == "auto" {
		mode = "plain"
		if c.live {
			mode = "bar"
		}
	}
	if mode == "none" || c.quiet {
		close(g.stopped)
		return g
	}
	every := heartbeat
	if g.live = mode == "bar"; g.live {
		every = redraw
	}
	go g.speak(every)
	return g
}

func (g *progress) note(e batch.Event, r batch.Result) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if e.Kind == batch.Acknowledged {
		g.acknowledged++
		return
	}
	g.decided[r.Outcome]++
}

func (g *progress) speak(every time.Duration) {
	defer close(g.stopped)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if g.live {
				fmt.Fprintf(g.c.err, "\r\x1b[K%s", g.line())
			} else {
				fmt.Fprintln(g.c.err, g.line())
			}
		case <-g.done:
			if g.live {
				fmt.Fprint(g.c.err, "\r\x1b[K")
			}
			return
		}
	}
}

// stop ends the progress and leaves the terminal clean.
func (g *progress) stop() {
	close(g.done)
	<-g.stopped
}

func (g *progress) line() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	others, bad := 0, 0
	for _, o := range plan.Outcomes() {
		switch o {
		case plan.Applied, plan.Unchanged:
		default:
			bad += g.decided[o]
		}
		if o != plan.Applied {
			others += g.decided[o]
		}
	}
	done := max(g.acknowledged, g.decided[plan.Applied]) + others
	return fmt.Sprintf("%d of %d rows, %d applied, %d not", min(done, g.total), g.total, max(g.acknowledged, g.decided[plan.Applied]), bad)
}
