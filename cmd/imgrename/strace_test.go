package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// needStrace skips a test where strace is missing or may trace nothing, unless
// IMGRENAME_STRACE=1 says that it has to.
func needStrace(t *testing.T) {
	t.Helper()
	switch err := tryStrace(); {
	case err == nil:
	case os.Getenv("IMGRENAME_STRACE") == "1":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
}

// tryStrace traces a process that does nothing.
var tryStrace = sync.OnceValue(func() error {
	sleep := exec.Command("sleep", "60")
	if err := sleep.Start(); err != nil {
		return err
	}
	defer func() { _, _ = sleep.Process.Kill(), sleep.Wait() }()
	tracer, err := attach(sleep.Process.Pid, "-o", os.DevNull, "-e", "trace=fsync", "-e", "inject=fsync:error=EIO")
	if err == nil {
		_, _ = tracer.Process.Kill(), tracer.Wait()
	}
	return err
})

// attach starts a strace on a process and returns when that is traced with all
// its threads. strace may miss one that is just being made: it starts again then.
func attach(pid int, args ...string) (*exec.Cmd, error) {
	args = append([]string{"-f", "-y", "-p", strconv.Itoa(pid)}, args...)
	for try := 1; ; try++ {
		var said notes
		tracer := exec.Command("strace", args...)
		tracer.Stderr = &said
		if err := tracer.Start(); err != nil {
			return nil, err
		}
		for wait := time.Now(); time.Since(wait) < 5*time.Second; time.Sleep(time.Millisecond) {
			// A thread that is in neither list was made by one that was traced.
			if strings.Contains(said.String(), " attached") && traced(pid, tracer.Process.Pid) && traced(pid, tracer.Process.Pid) {
				return tracer, nil
			}
		}
		_, _ = tracer.Process.Kill(), tracer.Wait()
		if try == 3 {
			return nil, fmt.Errorf("strace cannot attach: %s", said.String())
		}
	}
}

// notes are what a program says, to be read meanwhile.
type notes struct {
	mu   sync.Mutex
	text strings.Builder
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// traced tells whether all threads of a process are traced by another.
func traced(pid, tracer int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid)) // the pattern is good
	for _, thread := range threads {
		status, err := os.ReadFile(thread)
		if err == nil && !strings.Contains(string(status), fmt.Sprintf("\nTracerPid:\t%d\n", tracer)) {
			return false
		}
	}
	return len(threads) > 0
}

// An eio is which system calls fail with an input/output error, if file is set
// those on that file.
type eio struct {
	calls string // by name, with commas between
	file  string // in the job's folder, with * in it; not one with a random name
	from  int    // the first of them that fails, counted from 1; 0 is 1
	kill  bool   // none fails: the program is killed as it comes to the first
}

// A strike is an eio that has come over a program.
type strike struct {
	tracer  *exec.Cmd
	log     string
	journal int64 // how long it was
}

// strike has system calls of a program fail from now on.
func (j *killedJob) strike(e eio, p *os.Process) *strike {
	s := &strike{log: filepath.Join(j.t.TempDir(), "strace")}
	what := "error=EIO"
	if e.kill {
		what = "signal=KILL"
	}
	args := []string{"-o", s.log, "-e", "trace=" + e.calls, "-e", fmt.Sprintf("inject=%s:%s:when=%d+", e.calls, what, max(e.from, 1))}
	if e.file != "" { // by descriptor, and by either name that the program gives it
		path := j.found(e.file)
		args = append(args, "-P", path, "-P", e.file, "-P", filepath.Base(path))
	}
	var err error
	if s.tracer, err = attach(p.Pid, args...); err != nil {
		j.t.Error(err) // from the server's goroutine
		return s
	}
	for _, folder := range j.runs("journal.jsonl") {
		if info, err := os.Stat(filepath.Join(folder, "journal.jsonl")); err == nil {
			s.journal = info.Size()
		}
	}
	return s
}

// found is the file in the job's folder that a pattern is for, whether there or
// not.
func (j *killedJob) found(pattern string) string {
	path := filepath.Join(j.folder, pattern)
	if files, _ := filepath.Glob(path); len(files) > 0 { // the patterns are good
		return files[0]
	}
	return path
}

// calls are those that strace saw, once the program has ended.
func (s *strike) calls(t *testing.T) []string {
	t.Helper()
	if s == nil || s.tracer == nil {
		t.Fatal("the program never came to where its calls were to fail")
	}
	if err := s.tracer.Wait(); err != nil {
		t.Fatalf("strace: %v", err)
	}
	text, err := os.ReadFile(s.log)
	if err != nil {
		t.Fatal(err)
	}
	return wholeCalls(string(text))
}

// wholeCalls are the lines of a log, each call in one, in the order in which they
// began.
func wholeCalls(log string) (calls []string) {
	last := make(map[string]int)
	for line := range strings.Lines(log) {
		thread, call, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		call = strings.TrimLeft(call, " ")
		switch {
		case strings.HasPrefix(call, "<... "):
			calls[last[thread]] += call
		case !strings.HasPrefix(call, "---") && !strings.HasPrefix(call, "+++"): // signals and ends
			last[thread] = len(calls)
			calls = append(calls, call)
		}
	}
	return calls
}

// hits are the calls that did fail.
func hits(calls []string) []string {
	return slices.DeleteFunc(slices.Clone(calls), func(line string) bool { return !strings.HasSuffix(line, " EIO (Input/output error) (INJECTED)") })
}

// atCall is when so many calls, of whatever kind, have come to the server.
func atCall(n int64) point {
	return point{arm: func(j *killedJob, fire func()) func() {
		var calls atomic.Int64
		return j.watch(func(string) {
			if calls.Add(1) == n {
				fire()
			}
		})
	}}
}
