package main

import (
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
)

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err *sink
	// interactive reports that a person can answer, live that a line of
	// standard error can be overwritten.
	interactive, live bool
	quitting          *quitting
}

// quitting is what to do if a second signal ends the process at once.
type quitting struct {
	next  atomic.Pointer[string] // the command to type next
	hooks atomic.Pointer[func()] // starts the commands of --on-finish
}

// quit says that the process ends at once, and starts what has to be started.
func (q *quitting) quit(w io.Writer) {
	sayEnded(w, q.next.Load())
	if start := q.hooks.Load(); start != nil {
		(*start)()
	}
}

// A sink is an output stream whose writes never fail: the work continues when
// the reader has gone. It keeps the first error.
type sink struct {
	terminal
	mu      sync.Mutex // the log and the progress write, too
	w       io.Writer
	file    *os.File // w, if its size may change
	written int64    // bytes, including those that were lost
	failed  error
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written += int64(len(p))
	if s.failed == nil {
		_, s.failed = s.w.Write(p)
	}
	return len(p), nil
}

// size returns the terminal as it is now: people make windows larger and smaller.
func (s *sink) size() terminal {
	if s.file == nil {
		return s.terminal
	}
	return terminalOf(s.file)
}

// lost returns the error by which output was lost, nil if the reader closed the
// pipe and did not want it.
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
