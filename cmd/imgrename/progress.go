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
	plan  *plan.Plan
	live  *screen // nil for lines of a log

	mu           sync.Mutex
	acknowledged int
	decided      plan.Totals
	rows, ended  []int        // of each lane, and those that are acknowledged or decided
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
		c: c, total: len(p.Rows), lanes: p.Lanes, plan: p, rows: make([]int, len(p.Lanes)), ended: make([]int, len(p.Lanes)), unreachable: make(map[int]bool), throttled: make(map[int]bool),
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
		every, g.live = redraw, newScreen(c.err.size, len(p.Rows))
		for i := range p.Rows {
			g.rows[p.Rows[i].Lane]++
		}
	default:
		every = heartbeat
	}
	go g.speak(every)
	return g
}

func (g *progress) note(e batch.Event, r history.Result) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if e.Kind == batch.Acknowledged || r.Outcome != plan.Applied {
		g.ended[g.plan.Rows[e.Row].Lane]++
	}
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
			g.write(true)
		case <-g.told:
			g.write(g.live != nil)
		case <-g.done:
			g.write(false)
			return
		}
	}
}

// write writes the news and then, if that is wanted, how far the run is.
func (g *progress) write(howFar bool) {
	g.mu.Lock()
	news, line, done := g.news, "", 0
	g.news = nil
	if howFar {
		line, done = g.line()
	}
	var lanes []laneState
	if howFar && g.live != nil {
		lanes = g.laneStates()
	}
	g.mu.Unlock()
	text := ""
	if g.live != nil {
		text = g.live.frame(news, line, done, lanes)
	} else {
		for _, line := range append(news, line) {
			if line != "" {
				text += line + "\n"
			}
		}
	}
	if text != "" {
		fmt.Fprint(g.c.err, text)
	}
}

// laneStates returns how far each lane is. The caller holds g.mu.
func (g *progress) laneStates() []laneState {
	states := make([]laneState, len(g.lanes))
	for i := range states {
		states[i] = laneState{index: i, rows: g.rows[i], done: min(g.ended[i], g.rows[i]), label: g.label(i)}
		switch {
		case g.unreachable[i]:
			states[i].trouble = "out of reach"
		case g.throttled[i]:
			states[i].trouble = "throttled"
		}
	}
	return states
}

// stop ends the progress and leaves the terminal clean.
func (g *progress) stop() {
	if g.unfollow != nil {
		g.unfollow()
	}
	close(g.done)
	<-g.stopped
}

// line says how far the run is, and how many rows are done. The caller holds g.mu.
func (g *progress) line() (text string, done int) {
	applied, others := max(g.acknowledged, g.decided[plan.Applied]), -g.decided[plan.Applied]
	for _, n := range g.decided {
		others += n
	}
	done = min(applied+others, g.total)
	return fmt.Sprintf("%d of %d rows: %d applied, %d not done", done, g.total, applied, others-g.decided[plan.Unchanged]) +
		waiting(len(g.unreachable), "out of reach") + waiting(len(g.throttled), "throttled"), done
}

// waiting says how many lanes wait, and why; "" for none.
func waiting(lanes int, why string) string {
	if lanes == 0 {
		return ""
	}
	return fmt.Sprintf("; %s %s", plan.Count(lanes, "lane"), why)
}
