package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"imgrename/batch"
	"imgrename/batch/history"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
	"imgrename/report"
)

// The time between two lines of progress: of a log, and of one that is redrawn.
const (
	heartbeat = 30 * time.Second
	redraw    = 500 * time.Millisecond
)

// redrawn empties the line of a terminal.
const redrawn = "\r\x1b[K"

// redraws reports whether --progress has a line that is redrawn. Beside a log it
// has not.
func (c *common) redraws() bool {
	return !c.verbose && (c.progress == "bar" || c.progress == "auto" && c.live)
}

// progress says on standard error how far a run is, and which lanes are in
// trouble. One goroutine writes everything, so that lines do not mix and the
// run does not wait for a slow reader.
type progress struct {
	c     *common
	total int
	lanes []plan.Lane
	live  bool

	mu           sync.Mutex
	acknowledged int
	decided      plan.Totals
	unreachable  map[int]bool // lanes
	throttled    map[int]bool // lanes
	news         []string     // lines to be written

	told    chan struct{} // there is news
	done    chan struct{}
	stopped chan struct{}

	unfollow func() bool // stops waiting for the context to end
}

// startProgress starts to say how far a run is, as --progress says. Trouble of
// lanes is said with --progress none too.
func (c *common) startProgress(ctx context.Context, p *plan.Plan) *progress {
	g := &progress{
		c: c, total: len(p.Rows), lanes: p.Lanes, unreachable: make(map[int]bool), throttled: make(map[int]bool),
		told: make(chan struct{}, 1), done: make(chan struct{}), stopped: make(chan struct{}),
	}
	if c.quiet {
		close(g.stopped)
		return g
	}
	g.unfollow = context.AfterFunc(ctx, func() { g.noteSignal(context.Cause(ctx)) })
	var every time.Duration
	switch {
	case c.progress == "none":
	case c.redraws():
		every, g.live = redraw, true
	default:
		every = heartbeat
	}
	go g.speak(every)
	return g
}

func (g *progress) note(e batch.Event, r history.Result) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if e.Kind == batch.Acknowledged {
		g.acknowledged++
		return
	}
	g.decided[r.Outcome]++
}

// noteLane notes an event of a lane and has it written.
func (g *progress) noteLane(e batch.LaneEvent) {
	if g.c.quiet {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	since, lasted := e.Since.UTC().Format("15:04:05 UTC"), e.At.Sub(e.Since).Round(time.Second)
	text := ""
	switch e.State {
	case batch.Unreachable:
		g.unreachable[e.Lane] = true
		text = fmt.Sprintf("no reply since %s, waiting up to %s: %v", since, g.c.maxOutage, e.Err)
	case batch.Reachable:
		delete(g.unreachable, e.Lane)
		text = fmt.Sprintf("replies again after %s", lasted)
	case batch.Throttled:
		g.throttled[e.Lane] = true
		text = fmt.Sprintf("throttled since %s, waiting up to %s for the quota", since, pace.Patience)
	case batch.Unthrottled:
		delete(g.throttled, e.Lane)
		text = fmt.Sprintf("no longer throttled after %s", lasted)
	case batch.GivenUp:
		delete(g.unreachable, e.Lane)
		delete(g.throttled, e.Lane)
		text = fmt.Sprintf("giving up: %v", e.Err)
	}
	g.tell(g.label(e.Lane) + ": " + text)
}

// noteSignal says, if a signal ended the context, that open rings are finished,
// which may take a while.
func (g *progress) noteSignal(cause error) {
	if !is[signalError](cause) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	again := "a second signal quits at once"
	if cause == (signalError{os.Interrupt}) {
		again = "press Ctrl-C again to quit at once"
	}
	g.tell(cause.Error() + ": finishing what is open; " + again)
}

// tell has a line written. g.mu is held.
func (g *progress) tell(line string) {
	g.news = append(g.news, report.Printable(line))
	select {
	case g.told <- struct{}{}:
	default: // earlier lines are still to be written
	}
}

// label returns a lane's region, with the account if there are several.
func (g *progress) label(lane int) string {
	if slices.ContainsFunc(g.lanes, func(l plan.Lane) bool { return l.Account != g.lanes[lane].Account }) {
		return g.lanes[lane].String()
	}
	return g.lanes[lane].Region
}

// speak writes news as it comes, and how far the run is unless every is 0.
func (g *progress) speak(every time.Duration) {
	defer close(g.stopped)
	var beat <-chan time.Time
	if every > 0 {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		beat = ticker.C
	}
	for {
		select {
		case <-beat:
			g.write(g.line())
		case <-g.told:
			if g.live {
				g.write(g.line())
			} else {
				g.write("")
			}
		case <-g.done:
			g.write("")
			return
		}
	}
}

// write writes the news and then line, which says how far the run is, unless it
// is empty. A line that is redrawn has no line break.
func (g *progress) write(line string) {
	g.mu.Lock()
	lines := g.news
	g.news = nil
	g.mu.Unlock()
	text := ""
	if g.live {
		text = redrawn
	} else if line != "" {
		line += "\n"
	}
	for _, news := range lines {
		text += news + "\n"
	}
	if text += line; text != "" {
		fmt.Fprint(g.c.err, text)
	}
}

// stop ends the progress and leaves the terminal clean.
func (g *progress) stop() {
	if g.unfollow != nil {
		g.unfollow()
	}
	close(g.done)
	<-g.stopped
}

func (g *progress) line() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	applied, others := max(g.acknowledged, g.decided[plan.Applied]), -g.decided[plan.Applied]
	for _, n := range g.decided {
		others += n
	}
	return fmt.Sprintf("%d of %d rows: %d applied, %d not done", min(applied+others, g.total), g.total, applied, others-g.decided[plan.Unchanged]) +
		waiting(len(g.unreachable), "out of reach") + waiting(len(g.throttled), "throttled")
}

// waiting says how many lanes wait, and why; "" for none.
func waiting(lanes int, why string) string {
	if lanes == 0 {
		return ""
	}
	return fmt.Sprintf("; %s %s", plan.Count(lanes, "lane"), why)
}
