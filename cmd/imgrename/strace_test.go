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

// needStrace skips a test if strace is missing or not permitted, unless
// TEST_STRACE=1 requires it.
func needStrace(t *testing.T) {
	t.Helper()
	switch err := tryStrace(); {
	case err == nil:
	case os.Getenv("TEST_STRACE") == "1":
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

// attach starts strace on a process and returns when all of its threads are
// traced. strace may miss a thread that is just being created; then it is
// started again.
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
			// A thread in neither list was created by one that was traced.
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

// notes are what a program says, and can be read while it runs.
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

// traced reports whether all threads of a process are traced by another.
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

// An eio says which system calls fail with an input/output error; if file is
// set, only those on that file.
type eio struct {
	calls string // by name, with commas between
	file  string // in the job's folder, with * in it; not one with a random name
	from  int    // the first of them that fails, counted from 1; 0 is 1
	kill  bool   // none fails: the program is killed as it comes to the first
}

// A strike is an eio at work on a program.
type strike struct {
	tracer  *exec.Cmd
	log     string
	journal int64 // how long it was
}

// strike makes system calls of a program fail from now on.
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

// found returns the file in the job's folder that a pattern stands for, which
// need not exist.
func (j *killedJob) found(pattern string) string {
	path := filepath.Join(j.folder, pattern)
	if files, _ := filepath.Glob(path); len(files) > 0 { // the patterns are good
		return files[0]
	}
	return path
}

// calls returns the calls that strace saw, once the program has ended.
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

// wholeCalls returns the calls of a log, one a line, in the order in which they
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

// hits returns the calls that failed.
func hits(calls []string) []string {
	return slices.DeleteFunc(slices.Clone(calls), func(line string) bool { return !strings.HasSuffix(line, " EIO (Input/output error) (INJECTED)") })
}

// atCall is the moment when so many calls of any kind have come to the server.
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
