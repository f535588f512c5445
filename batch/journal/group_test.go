package journal_test

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/journal"

	"github.com/google/go-cmp/cmp"
)

// slow is a disk whose syncs take a millisecond each.
type slow struct{ *disk }

type slowFile struct{ journal.File }

func (s slow) OpenFile(name string, flag int, perm fileMode) (journal.File, error) {
	f, err := s.disk.OpenFile(name, flag, perm)
	return slowFile{f}, err
}

func newSlowLog(t *testing.T) (*disk, *journal.Log[string]) {
	t.Helper()
	d := newDisk()
	log, err := journal.Create[string](slow{d}, logName, 0)
	if err != nil {
		t.Fatal(err)
	}
	return d, log
}

// commitInSync begins to commit the first record and returns while that is
// synced; end waits until it is done.
func commitInSync(log *journal.Log[string]) (end func() error) {
	done := make(chan error, 1)
	go func() { done <- log.Commit(text(0)) }()
	synctest.Wait()
	return func() error { return <-done }
}

func (f slowFile) Sync() error {
	time.Sleep(time.Millisecond)
	return f.File.Sync()
}

// commitAll has each of so many goroutines commit n records, one by one, and
// counts those that fail, or are not durable afterwards.
func commitAll(goroutines, n int, d *disk, log *journal.Log[string]) (failed int) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for g := range goroutines {
		wg.Go(func() {
			for i := range n {
				record := fmt.Sprintf("%02d %04d", g, i)
				if log.Commit(record) != nil || !d.hasDurable(record) {
					mu.Lock()
					failed++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return failed
}

func (d *disk) hasDurable(record string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Contains(d.names[logName].durable, []byte(record))
}

// TestGroupCommit: callers that come while a sync runs share the next one, so
// that 64 × 20 records take 2 × 20 syncs at most, 6 ms apart.
func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := newSlowLog(t)
		calls, start := len(d.calls), time.Now()
		if failed := commitAll(64, 20, d, log); failed > 0 {
			t.Fatal(failed, "failed")
		}
		syncs := count(d.calls[calls:], "sync")
		if took := time.Since(start); syncs > 40 || took < time.Duration(7*(syncs-2))*time.Millisecond || took > time.Duration(7*syncs)*time.Millisecond {
			t.Errorf("%d syncs in %v", syncs, took)
		}
		if writes := count(d.calls[calls:], "write"); writes > 2*syncs { // the records, and the mark
			t.Errorf("%d writes for %d syncs", writes, syncs)
		}
		t.Logf("%d records, %d syncs", 64*20, syncs)
		records, _, err := readAll[string](d.crash(nothing), logName)
		if err != nil || len(records) != 64*20 {
			t.Fatal(len(records), err)
		}
		inOrder(t, records)
	})
}

// TestCommitAlone: a lone caller does not wait for others.
func TestCommitAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := newSlowLog(t)
		start := time.Now()
		if failed := commitAll(1, 20, d, log); failed > 0 {
			t.Fatal(failed, "failed")
		}
		if took := time.Since(start); took != 20*time.Millisecond {
			t.Errorf("20 syncs of a millisecond took %v", took)
		}
	})
}

func inOrder(t *testing.T, records []string) {
	t.Helper()
	slices.SortStableFunc(records, func(a, b string) int { return int(a[0])<<8 + int(a[1]) - int(b[0])<<8 - int(b[1]) })
	if !slices.IsSorted(records) || len(slices.Compact(records)) != len(records) {
		t.Error("the records of a goroutine are not in its order, or not once")
	}
}

func count(calls []string, what string) (n int) {
	for _, call := range calls {
		if call == what {
			n++
		}
	}
	return n
}

// TestGroupFails: a failed sync fails all callers that wait for it, and no
// other sync is tried.
func TestGroupFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := newSlowLog(t)
		calls := len(d.calls)
		d.before = func(_ int, what string) error {
			if what == "sync" {
				return syscall.EIO
			}
			return nil
		}
		if failed := commitAll(64, 2, d, log); failed != 128 {
			t.Errorf("%d of 128 failed", failed)
		}
		_ = log.Close()
		if syncs := count(d.calls[calls:], "sync"); syncs != 1 {
			t.Error(syncs, "syncs")
		}
	})
}

// TestCloseWaits closes while others commit: each commit has either failed or
// is durable.
func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := newSlowLog(t)
		var closed error
		var wg sync.WaitGroup
		wg.Go(func() {
			time.Sleep(2500 * time.Microsecond)
			closed = log.Close()
		})
		failed := commitAll(64, 20, d, log)
		wg.Wait()
		records, tail, err := readAll[string](d.crash(nothing), logName)
		if closed != nil || err != nil || tail.Cut > 0 || failed == 0 || len(records) != 64*20-failed {
			t.Errorf("close %v, read %v, tail %v, %d records, %d failed", closed, err, tail, len(records), failed)
		}
		inOrder(t, records)
	})
}

func (d *disk) writes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return count(d.calls, "write")
}

// TestNoWriteDuringASync: a write would wait for the sync, and all callers that
// append for the write. What is appended meanwhile is written after the sync.
func TestNoWriteDuringASync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := newSlowLog(t)
		end := commitInSync(log)
		before, start := d.writes(), time.Now()
		appended := log.Append(text(1))
		if writes := d.writes() - before; writes > 0 || appended != nil || time.Since(start) > 0 {
			t.Errorf("%d writes, %v, %v", writes, appended, time.Since(start))
		}
		committed := end()
		records, _, err := readAll[string](d.crash(everything), logName)
		if committed != nil || err != nil || len(records) != 2 {
			t.Errorf("after the sync: %d records, %v, %v", len(records), committed, err)
		}
		_ = log.Close()
	})
}

// TestMarkedToTheEnd appends while another record is synced, so that the mark
// for that comes behind both: closing the log adds one for all, opening it a file that
// says so.
func TestMarkedToTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := newSlowLog(t)
		end := commitInSync(log)
		appended := log.Append(text(1))
		if err := end(); err != nil || appended != nil {
			t.Fatal(err, appended)
		}
		killed := d.crash(everything)
		if markedToTheEnd(killed) {
			t.Fatal("marked already")
		}
		size := len(killed.names[logName].cache)
		if _, _, _, err := openAll[string](killed, logName); err != nil || !bytes.Contains(killed.names["log-2"].cache, fmt.Appendf(nil, `,"after":%d}`+"\n", size)) {
			t.Error("opened:", err)
		}
		if err := log.Close(); err != nil || !markedToTheEnd(d.crash(nothing)) {
			t.Error("closed:", err)
		}
	})
}

func markedToTheEnd(d *disk) bool {
	data := d.names[logName].cache
	last := bytes.LastIndexByte(data[:len(data)-1], '\n') + 1
	return bytes.HasSuffix(data, fmt.Appendf(nil, `,"synced":%d}`+"\n", last))
}

// A log that is given up while a record is synced writes nothing more: not what came
// meanwhile, and no mark.
func TestAbandonedInSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := newSlowLog(t)
		end := commitInSync(log)
		if err := log.Append(text(1)); err != nil {
			t.Fatal(err)
		}
		before := d.caches()
		if err := log.Abandon(); err != nil {
			t.Error(err)
		}
		_ = end() // it may have been durable
		if diff := cmp.Diff(before, d.caches()); diff != "" {
			t.Errorf("written after that: %s", diff)
		}
	})
}
