// Command imgrename renames and edits custom images of Alibaba Cloud ECS in
// bulk, from a CSV manifest: it plans, shows, applies and reports.
//
// This package is the outer layer: flags, environment, files, terminals and
// signals. It decides nothing about images; the packages below do. Each command
// has a file, with its help in help/commands; apply.go asks for consent. voice.go
// is what people read, events.go what programs read, log.go the log of -v, exit.go
// the only table of exit codes. flags.go has the common flags, environment.go the
// variable of each; cloud.go finds the lanes of the rows, identify.go the accounts
// behind them.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func main() {
	// Otherwise a reader of our output that ends early (head) would kill the
	// process in the middle of its work.
	signal.Ignore(syscall.SIGPIPE)
	var q quitting
	ctx, stop := signals(func() { q.quit(os.Stderr) })
	code := run(ctx, os.Args[1:], streams{
		in: os.Stdin, out: &sink{w: os.Stdout, terminal: terminalOf(os.Stdout)}, err: &sink{w: os.Stderr, file: os.Stderr, terminal: terminalOf(os.Stderr)},
		interactive: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())),
		live:        term.IsTerminal(int(os.Stderr.Fd())),
		quitting:    &q,
	})
	stop()
	os.Exit(code)
}

// version is set by the linker.
var version = "dev"

func userAgent() string {
	return "imgrename/" + version + " (" + runtime.GOOS + "; " + runtime.GOARCH + ")"
}

// userAgent is what a call says about its program: with the run's id, by which
// ActionTrail finds all that a run did.
func (c *common) userAgent() string {
	if run := c.calling.Load(); run != nil {
		return userAgent() + " run/" + *run
	}
	return userAgent()
}

// run is the whole program but the process. It returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	c := &common{streams: s}
	root := newRoot(c)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) { // else it would only take time
		c.complete(root)
	}
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil && c.out.lost() != nil {
		err = fmt.Errorf("standard output: %w", c.out.lost())
	}
	c.lastEvent(err)
	c.complain(err)
	return c.conclusion(cmd, args, err)
}

// secondAfter is how long after the first signal a second one counts: timeout and
// other programs send two at once.
const secondAfter = time.Second

// signals returns a context that the first SIGINT, SIGTERM or SIGHUP ends. A
// second one, at least secondAfter later, calls last and ends the process. A
// SIGHUP does not count as the second, since a terminal that is gone may send
// several, nor at all under nohup.
func signals(last func()) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	received := make(chan os.Signal, 2)
	signal.Notify(received, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(received, syscall.SIGHUP)
	}
	go func() {
		first, ok := <-received
		if !ok {
			return
		}
		cancel(signalError{first})
		began := time.Now()
		for next := range received {
			if next != syscall.SIGHUP && time.Since(began) >= secondAfter {
				last()
				os.Exit(codeKilled)
			}
		}
	}()
	return ctx, func() {
		signal.Stop(received)
		close(received)
		cancel(nil)
	}
}

// sayEnded says that the process quits at once, and which command to type next,
// if any. It does not wait for a writer that hangs.
func sayEnded(w io.Writer, next *string) {
	text := "imgrename: quit at once"
	if next != nil {
		text += "; some calls may be unconfirmed; next: " + *next
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		fmt.Fprintln(w, text)
	}()
	select {
	case <-done:
	case <-time.After(100 * time.Millisecond):
	}
}
