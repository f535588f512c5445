package runs_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"imgrename/batch/runs"
)

// other is the environment variable that tells a copy of the test binary what
// to do as the other process.
const other = "RUNS_TEST_OTHER"

func TestMain(m *testing.M) {
	what := os.Getenv(other)
	if what == "" {
		goleak.VerifyTestMain(m)
		return
	}
	if err := beOther(what, os.Args[1:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func beOther(what string, args []string) error {
	switch what {
	case "hold": // until killed or told to stop, with a child that stays
		folder, err := runs.Open(args[0])
		if err != nil {
			return err
		}
		locks, err := folder.Lock(context.Background(), args[1:], 0)
		if err != nil {
			return err
		}
		locks.Note("r-20261123-031502-7f3a")
		child := otherProcess("idle")
		child.Stdin = os.Stdin
		if err := child.Start(); err != nil {
			return err
		}
		fmt.Println("held")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return locks.Release()
	case "idle":
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	case "storm":
		return storm(args[0], args[1])
	case "open":
		folder, err := runs.Open(args[0])
		if err != nil {
			return err
		}
		run, err := folder.OpenRun(args[1])
		if err != nil {
			return err
		}
		fmt.Println("open")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return run.Close()
	}
	return fmt.Errorf("no such thing to do: %s", what)
}

func otherProcess(what string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), other+"="+what)
	return cmd
}

// startOther starts another process and waits until it says that it is ready.
// The end of its input, which is that of its children, ends it.
func startOther(t *testing.T, ready, what string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := otherProcess(what, args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != ready {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return cmd
}

// stateFolder makes a state folder and opens it.
func stateFolder(t *testing.T) (*runs.Folder, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state")
	return openFolder(t, path), path
}

var start = time.Date(2026, 11, 23, 3, 15, 2, 123456789, time.UTC)

// newRun makes a run and closes it with the test.
func newRun(t *testing.T, folder *runs.Folder, now time.Time) *runs.Run {
	t.Helper()
	run, err := folder.NewRun(now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Close() })
	return run
}

// begunRun makes a run that has begun.
func begunRun(t *testing.T, folder *runs.Folder, now time.Time) *runs.Run {
	t.Helper()
	run := newRun(t, folder, now)
	if err := run.Begin(head); err != nil {
		t.Fatal(err)
	}
	return run
}

// oldRun makes a run of a former process, finished or with something pending.
func oldRun(t *testing.T, folder *runs.Folder, now time.Time, pending bool) string {
	t.Helper()
	run := begunRun(t, folder, now)
	if err := run.Finish(runs.Summary{Ended: now.Add(time.Minute), Pending: pending}); err != nil {
		t.Fatal(err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	return run.ID()
}

var head = runs.Head{
	Job: "sha256:ab", Source: "manifest.csv", Lanes: []string{"123/cn-hangzhou", "123/cn-beijing"}, Rows: 2, Tool: "imgrename 1.0",
}

func put(t *testing.T, text string, path ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(path...), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func text(t *testing.T, path ...string) string {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}
