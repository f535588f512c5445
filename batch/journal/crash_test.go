package journal_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/journal"
)

// text is the nth record, counted from 0; each is unlike all others.
func text(n int) string {
	return fmt.Sprintf("%d\n\"é\" %s", n, strings.Repeat("x", n%3*7))
}

func texts(n int) (list []string) {
	for i := range n {
		list = append(list, text(i))
	}
	return list
}

// A story is the life of a writer and what it was told. Its records are
// text(0), text(1) …
type story struct {
	fs                    journal.FS
	log                   *journal.Log[string]
	tried, acked, durable int
	err                   error
}

const logName = "log"

func (s *story) create() {
	s.log, s.err = journal.Create[string](s.fs, logName, 1<<10)
}

func (s *story) append() {
	s.tried++
	if s.err = s.log.Append(text(s.tried - 1)); s.err == nil {
		s.acked = s.tried
	}
}

func (s *story) commit() {
	s.tried++
	s.promised(s.log.Commit(text(s.tried - 1)))
}

func (s *story) close() { s.promised(s.log.Close()) }

func (s *story) promised(err error) {
	if s.err = err; err == nil {
		s.acked, s.durable = s.tried, s.tried
	}
}

// openAll opens a log and returns its records.
func openAll[T any](fsys journal.FS, name string) (log *journal.Log[T], records []T, tail journal.Tail, err error) {
	log, tail, err = journal.Open(fsys, name, true, func(r T) { records = append(records, r) })
	return log, records, tail, err
}

// readAll reads a log and returns its records.
func readAll[T any](fsys journal.FS, name string) (records []T, tail journal.Tail, err error) {
	tail, err = journal.Read(fsys, name, func(r T) { records = append(records, r) })
	return records, tail, err
}

// reopen continues with what is there.
func (s *story) reopen() {
	var records []string
	s.log, records, _, s.err = openAll[string](s.fs, logName)
	if s.err == nil {
		s.tried = len(records)
		s.promised(nil)
	}
}

// tell runs the chapters up to the first error.
func (s *story) tell(chapters ...func()) {
	for _, next := range chapters {
		if next(); s.err != nil {
			return
		}
	}
}

func life(fsys journal.FS) *story {
	s := &story{fs: fsys}
	s.tell(
		s.create, s.append, s.append, s.commit, s.append, s.append, s.commit, s.append,
		s.close, s.reopen, s.commit, s.append, s.append, s.close, s.reopen, s.append, s.commit, s.append,
	)
	return s
}

// check opens the log after a crash. At least the first promised records must
// be there, none that was never written, and it must be possible to append.
func check(d *disk, s *story, promised int) error {
	if d.names[logName] == nil {
		if s.log != nil {
			return errors.New("the file is gone")
		}
		return nil
	}
	before := d.caches()
	read, tail, err := readAll[string](d, logName)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(before, d.caches()); diff != "" {
		return fmt.Errorf("read has changed a file: %s", diff)
	}
	log, records, cut, err := openAll[string](d, logName)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(read, records) + cmp.Diff(tail, cut) + cmp.Diff(texts(len(records)), records); diff != "" {
		return fmt.Errorf("records or tail: %s", diff)
	}
	if len(records) < promised || len(records) > s.tried {
		return fmt.Errorf("%d records of %d tried, %d promised", len(records), s.tried, promised)
	}
	return goesOn(d, log, len(records))
}

func goesOn(d *disk, log *journal.Log[string], n int) error {
	if err := errors.Join(log.Commit(text(n)), log.Close()); err != nil {
		return err
	}
	records, tail, err := readAll[string](d.crash(nothing), logName)
	if diff := cmp.Diff(texts(n+1), records); diff != "" || err != nil || tail != (journal.Tail{}) {
		return fmt.Errorf("appended to: %v %v %s", tail, err, diff)
	}
	return nil
}

type keep = func(part, piece int) bool

func everything(int, int) bool { return true }
func nothing(int, int) bool    { return false }

// losses are ways to lose some of what is not synced: every prefix, every
// suffix, every single piece, every subset of the changes if they are few, and
// bytes and blocks at random.
func losses(d *disk, rng *rand.Rand, random int) (list []keep) {
	for limit := range d.pieces() + 1 {
		for _, kept := range []func(i int) bool{
			func(i int) bool { return i < limit },
			func(i int) bool { return i >= limit },
			func(i int) bool { return i != limit },
		} {
			i := -1
			list = append(list, func(int, int) bool { i++; return kept(i) })
		}
	}
	if n := d.parts(); n <= 8 {
		for set := range 1 << n {
			list = append(list, func(part, _ int) bool { return set>>(part-1)&1 == 1 })
		}
	}
	for range random {
		share, block, seed := rng.Float64(), 1+rng.IntN(24), rng.Uint64()
		list = append(list, func(part, piece int) bool {
			return rand.New(rand.NewPCG(seed, uint64(part<<32|piece/block))).Float64() < share
		})
	}
	return list
}

// TestCrash stops after each call, loses some of what was not synced, and
// looks at what is there.
func TestCrash(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	whole := newDisk()
	if err := life(whole).err; err != nil {
		t.Fatal(err)
	}
	count := 0
	for stop := range len(whole.calls) + 1 {
		d := newDisk()
		d.stopAfter(stop)
		s := life(d)
		if err := check(d.crash(everything), s, s.acked); err != nil {
			t.Fatalf("killed after call %d %v: %v", stop, d.calls, err)
		}
		for i, loss := range losses(d, rng, 100) {
			count++
			if err := check(d.crash(loss), s, s.durable); err != nil {
				t.Fatalf("loss %d after call %d %v: %v", i, stop, d.calls, err)
			}
		}
	}
	t.Logf("%d stops, %d losses", len(whole.calls)+1, count)
}

// TestCrashAgain crashes, and crashes the recovery as well, by power loss or by
// kill -9 only.
func TestCrashAgain(t *testing.T) {
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(3, seed))
		killed := seed%3 == 0
		end := func(d *disk) *disk {
			if killed {
				return d.crash(everything)
			}
			return d.crash(pick(losses(d, rng, 40), rng))
		}
		d := newDisk()
		d.stopAfter(rng.IntN(50))
		s := life(d)
		for range 3 {
			d = end(d)
			d.stopAfter(rng.IntN(8))
			s = s.sequel(d)
			if s.err != nil && !errors.Is(s.err, errStopped) && !errors.Is(s.err, fs.ErrNotExist) {
				t.Fatalf("seed %d: %v", seed, s.err)
			}
		}
		promised := s.durable
		if killed {
			promised = s.acked
		}
		if err := check(end(d), s, promised); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// sequel continues after a crash.
func (s *story) sequel(d *disk) *story {
	next := *s
	next.fs, next.err = d, nil
	next.tell(next.reopen, next.append, next.commit, next.append, next.append, next.commit)
	return &next
}

func pick(list []keep, rng *rand.Rand) keep { return list[rng.IntN(len(list))] }
