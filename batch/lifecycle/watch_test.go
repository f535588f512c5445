package lifecycle

import (
	"errors"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/journal"
)

// slowly is a folder whose files take some time to sync.
type slowly struct {
	journal.FS
	sync *time.Duration
}

type slowFile struct {
	journal.File
	sync *time.Duration
}

func (s slowly) OpenFile(name string, flag int, perm os.FileMode) (journal.File, error) {
	f, err := s.FS.OpenFile(name, flag, perm)
	return slowFile{f, s.sync}, err
}

func (f slowFile) Sync() error {
	time.Sleep(*f.sync)
	return f.File.Sync()
}

// The locks are checked once they have not been for a while, and after each slow
// sync of the journal, however many wait for it; once they are lost nothing more is
// written.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, run := newRun(t)
		var took time.Duration
		log, err := journal.Create[history.Record](slowly{journal.OSFolder(run.folder.Root()), &took}, journalFile, 0)
		if err != nil {
			t.Fatal(err)
		}
		checks, lost := 0, error(nil)
		w := &watch{log: log, check: func() error { checks++; return lost }, held: time.Now()}
		records := func() (n int) {
			if err := readJournal(run.folder, func(history.Record) { n++ }); err != nil {
				t.Fatal(err)
			}
			return n
		}
		commit := func(after, sync time.Duration, want int) {
			t.Helper()
			time.Sleep(after)
			took = sync
			before := checks
			if err := w.Commit(history.Record{Kind: history.Intent}); !errors.Is(err, lost) || checks-before != want {
				t.Errorf("%d checks, %v, want %d, %v", checks-before, err, want, lost)
			}
		}
		commit(0, 0, 0)
		commit(29*time.Second, 0, 0)
		commit(2*time.Second, 0, 1)
		commit(0, 4*time.Second, 0)
		commit(0, 6*time.Second, 1)
		commit(0, 0, 0)

		took = 6 * time.Second
		before := checks
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { _ = w.Commit(history.Record{Kind: history.Intent}) })
		}
		all.Wait()
		if n := checks - before; n < 1 || n > 2 { // the first one has a sync of its own
			t.Errorf("%d checks after two slow syncs", n)
		}

		lost = errors.New("another host took over")
		commit(0, 6*time.Second, 1)
		before, n := checks, records()
		commit(time.Hour, 0, 0)
		if err := w.Append(history.Record{Kind: history.Answer}); !errors.Is(err, lost) {
			t.Errorf("appended: %v", err)
		}
		run.log, run.watch = log, w
		if err := run.closeJournal(); err != nil {
			t.Error(err)
		}
		if records() != n || checks != before {
			t.Errorf("%d records and %d checks more", records()-n, checks-before)
		}
	})
}
