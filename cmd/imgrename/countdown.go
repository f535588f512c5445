package main

import (
	"fmt"
	"io"
	"time"
)

// A countdown shows on a terminal how long a wait may still take, on a line that
// is redrawn.
type countdown struct{ done, stopped chan struct{} }

// countDown starts to show how long a wait may still take, as --progress says.
// stopCounting ends it.
func (c *common) countDown(left time.Duration) {
	if c.quiet || !c.redraws() {
		return
	}
	c.counting = &countdown{make(chan struct{}), make(chan struct{})}
	go c.counting.show(c.err, time.Now().Add(left))
}

// stopCounting ends a countdown, if there is one, and leaves the terminal clean.
func (c *common) stopCounting() {
	if c.counting != nil {
		close(c.counting.done)
		<-c.counting.stopped
		c.counting = nil
	}
}

func (d *countdown) show(w io.Writer, end time.Time) {
	defer close(d.stopped)
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		left := max(time.Until(end), 0).Round(time.Second)
		fmt.Fprintf(w, "%s  %s left", redrawn, left)
		select {
		case <-ticker.C:
		case <-d.done:
			fmt.Fprint(w, redrawn)
			return
		}
	}
}
