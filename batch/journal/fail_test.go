package journal_test

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/journal"
)

// TestFailureIsFinal fails each call of a life in turn: every later method
// returns the same error and touches the disk only to close the file, and the
// log can be opened again.
func TestFailureIsFinal(t *testing.T) {
	whole := newDisk()
	if err := life(whole).err; err != nil {
		t.Fatal(err)
	}
	for _, errno := range []error{syscall.EIO, syscall.ENOSPC} {
		for at, what := range whole.calls {
			t.Run(fmt.Sprintf("%d %s %v", at+1, what, errno), func(t *testing.T) {
				d := newDisk()
				d.before = func(call int, _ string) error {
					if call == at+1 {
						return errno
					}
					return nil
				}
				s := life(d)
				if s.err == nil && s.log != nil { // failed behind a Commit that was durable
					s.append()
				}
				if !errors.Is(s.err, errno) {
					t.Fatalf("error: %v", s.err)
				}
				if s.log != nil {
					failsForGood(t, d, s)
				}
				for _, loss := range []keep{everything, nothing} {
					if err := check(d.crash(loss), s, s.durable); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
}

func failsForGood(t *testing.T, d *disk, s *story) {
	t.Helper()
	before := len(d.calls)
	for name, err := range map[string]error{
		"append": s.log.Append("late"), "commit": s.log.Commit("late"),
	} {
		if err != s.err && !errors.Is(s.err, err) {
			t.Errorf("%s: %v, want %v", name, err, s.err)
		}
	}
	_ = s.log.Close()
	if diff := cmp.Diff([]string{"close"}, d.calls[before:]); diff != "" && len(d.calls) > before {
		t.Error(diff)
	}
}

// TestCreateLeavesNothing fails each call of Create: the name is free again.
func TestCreateLeavesNothing(t *testing.T) {
	whole := newDisk()
	if _, err := journal.Create[string](whole, logName, 1); err != nil {
		t.Fatal(err)
	}
	for at, what := range whole.calls[1:] {
		t.Run(what, func(t *testing.T) {
			d := newDisk()
			d.before = func(call int, _ string) error {
				if call == at+2 {
					return syscall.ENOSPC
				}
				return nil
			}
			if _, err := journal.Create[string](d, logName, 1); !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			if _, err := journal.Create[string](d, logName, 1); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLyingSync has a sync fail as it does on Linux: the pages stay in memory,
// but the kernel takes them for written. Opening the log must not rely on that.
func TestLyingSync(t *testing.T) {
	d := newDisk()
	s := &story{fs: d}
	s.tell(s.create, s.commit, s.append, s.append)
	d.before = func(_ int, what string) error {
		if what != "sync" {
			return nil
		}
		d.names[logName].writes = nil
		return syscall.EIO
	}
	if s.commit(); !errors.Is(s.err, syscall.EIO) {
		t.Fatal(s.err)
	}
	if err := s.log.Close(); !errors.Is(err, syscall.EIO) {
		t.Errorf("close: %v", err)
	}
	d.before = nil
	s.tell(s.reopen, s.commit)
	if s.err != nil || s.durable != 5 {
		t.Fatal(s.durable, s.err)
	}
	if err := check(d.crash(nothing), s, s.durable); err != nil {
		t.Error(err)
	}
}

func TestRefusedRecordHarmsNothing(t *testing.T) {
	d := newDisk()
	log, err := journal.Create[any](d, logName, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, record := range map[string]any{"not JSON": func() {}, "too long": make([]byte, 16<<20)} {
		if err := log.Commit(record); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	largest := make([]byte, 12<<20-3) // in base64 and quotes just short of the limit
	if err := errors.Join(log.Append(nil), log.Append(largest), log.Commit("a"), log.Close()); err != nil {
		t.Error(err)
	}
	records, tail, err := readAll[any](d, logName)
	if err != nil || tail.Cut > 0 || len(records) != 3 || records[0] != nil || records[2] != "a" {
		t.Error(len(records), tail, err)
	}
}

func TestClosed(t *testing.T) {
	d := newDisk()
	s := &story{fs: d}
	s.tell(s.create, s.append, s.close)
	if s.err != nil {
		t.Fatal(s.err)
	}
	calls := len(d.calls)
	for name, err := range map[string]error{
		"append": s.log.Append("late"), "commit": s.log.Commit("late"), "reserve": s.log.Reserve(1),
	} {
		if err == nil {
			t.Errorf("%s: done", name)
		}
	}
	if err := s.log.Close(); err != nil || len(d.calls) > calls {
		t.Error("closed again:", err, d.calls[calls:])
	}
}
