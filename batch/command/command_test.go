package command

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	for line, want := range map[string][]string{
		"a b  c": {"a", "b", "c"}, "\ta\n b ": {"a", "b"}, `a 'b c' "d e"`: {"a", "b c", "d e"}, `a '' b`: {"a", "", "b"},
		`a\ b`: {"a b"}, `"a\"b\n"`: {`a"b\n`}, `'a\b'`: {`a\b`}, "a\\\nb": {"ab"}, `a'b'"c"d`: {"abcd"},
		`'a`: nil, `a\`: nil, ``: nil, `  `: nil, `'' a`: nil,
	} {
		got, err := Split(line)
		if diff := cmp.Diff(want, got); diff != "" || (err == nil) != (want != nil) {
			t.Errorf("%q: %v (-want +got)\n%s", line, err, diff)
		}
	}
}

// What the program started ends with it, when the context ends.
func TestGroupEnds(t *testing.T) {
	child := filepath.Join(t.TempDir(), "child")
	ctx, cancel := context.WithCancel(t.Context())
	cmd := New(ctx, []string{"sh", "-c", "sleep 600 & echo $! >" + child + ".new; mv " + child + ".new " + child + "; wait"})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var text []byte
	for text == nil {
		text, _ = os.ReadFile(child)
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := cmd.Wait(); err == nil {
		t.Error("it was not killed")
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for syscall.Kill(pid, 0) == nil { // a zombie that init has not reaped is dead as well
		if state, _ := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output(); strings.HasPrefix(string(state), "Z") {
			break
		}
		time.Sleep(time.Millisecond)
	}
}
