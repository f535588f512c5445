// Command imgrename renames and edits custom images of Alibaba Cloud ECS in
// bulk, from a CSV manifest: it plans, shows, applies and reports.
//
// This package is the rim: flags, environment, files, terminals and signals.
// What is decided is decided in the rooms below it. One file holds one command;
// exit.go is the one table of exit codes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/term"
)

func main() {
	// Without this, a reader of our output that leaves early (head) would kill
	// the process in the middle of its work.
	signal.Ignore(syscall.SIGPIPE)
	var next atomic.Pointer[string]
	ctx, stop := signals(func() { sayEnded(os.Stderr, next.Load()) })
	code := run(ctx, os.Args[1:], streams{
		in: os.Stdin, out: &sink{w: os.Stdout}, err: &sink{w: os.Stderr},
		interactive: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())),
		live:        term.IsTerminal(int(os.Stderr.Fd())),
		next:        &next,
	})
	stop()
	os.Exit(code)
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err *sink
	// interactive: a person is there to answer; live: a line of standard error
	// can be drawn over.
	interactive, live bool
	// next is the command to type if the process ends at once; it holds nil as
	// long as there is none.
	next *atomic.Pointer[string]
}

// A sink is an output stream that never fails its writer: the work goes on
// when nobody reads any more. The first error is kept.
type sink struct {
	w       io.Writer
	written int64 // bytes that were to be
	failed  error
}

func (s *sink) Write(p []byte) (int, error) {
	s.written += int64(len(p))
	if s.failed == nil {
		_, s.failed = s.w.Write(p)
	}
	return len(p), nil
}

// lost tells whether output was lost that somebody wanted: a reader that has
// left did not want it.
func (s *sink) lost() error {
	if errors.Is(s.failed, syscall.EPIPE) {
		return nil
	}
	return s.failed
}

// A signalError is the cause of a context that a signal ended.
type signalError struct{ os.Signal }

func (e signalError) Error() string {
	if e.Signal == syscall.SIGTERM {
		return "stopped by SIGTERM" // which calls itself "terminated"
	}
	return "stopped by " + e.Signal.String()
}

// signals returns a context that the first SIGINT, SIGTERM or SIGHUP ends, in
// good order; the second one ends the process at once, after last was called. A
// SIGHUP is no second one, since a terminal that is gone may send several; and
// none at all under nohup.
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
		for next := range received {
			if next != syscall.SIGHUP {
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

// sayEnded writes the last words of a process that ends at once, and the command
// to type next if there is one. It does not wait for a writer that hangs.
func sayEnded(w io.Writer, next *string) {
	text := "imgrename: ended at once"
	if next != nil {
		text += "; next: " + *next
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
