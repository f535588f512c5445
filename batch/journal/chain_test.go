package journal_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/journal"
)

// A process that was taken for dead goes on writing, and closes its file: what its
// successor read and wrote is all that counts.
func TestWriterThatComesBack(t *testing.T) {
	d := newDisk()
	s := &story{fs: d}
	s.tell(s.create, s.commit, s.append)
	old := s.log
	s.tell(s.reopen, s.commit)
	if err := errors.Join(s.err, old.Append("late"), old.Commit("later"), old.Close()); err != nil {
		t.Fatal(err)
	}
	s.tell(s.commit, s.close, s.reopen, s.append, s.close)
	if s.err != nil {
		t.Fatal(s.err)
	}
	if records, tail, err := readAll[string](d.crash(nothing), logName); err != nil || tail != (journal.Tail{}) || !slices.Equal(records, texts(5)) {
		t.Errorf("%q, %+v, %v", records, tail, err)
	}
	if got := sorted(d.names); !slices.Equal(got, []string{"log", "log-2", "log-3"}) {
		t.Errorf("files %q", got)
	}
}

// A process that gives its file up writes nothing more, not even what it had to.
func TestAbandon(t *testing.T) {
	d := newDisk()
	s := &story{fs: d}
	s.tell(s.create, s.commit, s.append)
	before, calls := d.caches(), len(d.calls)
	if err := s.log.Abandon(); err != nil {
		t.Error(err)
	}
	if s.log.Append("late") == nil || s.log.Commit("late") == nil || s.log.Close() != nil || s.log.Abandon() != nil {
		t.Error("it goes on")
	}
	if diff := cmp.Diff(before, d.caches()) + cmp.Diff([]string{"close"}, d.calls[calls:]); diff != "" {
		t.Error(diff)
	}
}

// A process that opens a log and writes nothing leaves no file to the next one.
func TestOpenedInVain(t *testing.T) {
	d := newDisk()
	s := &story{fs: d}
	s.tell(s.create, s.commit, s.append)
	for range 3 {
		s.tell(s.reopen)
		d = d.crash(everything)
		s.fs = d
	}
	s.tell(s.reopen, s.commit, s.close, s.reopen, s.close, s.reopen, s.append, s.close)
	if s.err != nil {
		t.Fatal(s.err)
	}
	if records, _, err := readAll[string](d, logName); err != nil || !slices.Equal(records, texts(4)) {
		t.Errorf("%q, %v", records, err)
	}
	if got := sorted(d.names); !slices.Equal(got, []string{"log", "log-2", "log-3"}) {
		t.Errorf("files %q", got)
	}
}

// What the files of a log say of each other has to fit.
func TestFilesOfALog(t *testing.T) {
	whole := newDisk()
	s := life(whole)
	if s.err != nil {
		t.Fatal(s.err)
	}
	all := s.tried
	for _, tt := range []struct {
		name    string
		change  func(d *disk)
		records int    // that are read
		problem string // of which the log is refused
	}{
		{"as it is", func(*disk) {}, all, ""},
		{"a strange name", func(d *disk) {
			d.names["log-03"], d.names["log-x"], d.names["log-"] = new(inode), new(inode), new(inode)
		}, all, ""},
		{"a creator died at once", func(d *disk) { d.names["log-4"] = new(inode) }, all, ""},
		{"a creator died at its first line", func(d *disk) { d.names["log-4"] = &inode{cache: []byte(`{"crc":"0`)} }, all, ""},
		{"a file is gone", func(d *disk) { delete(d.names, "log-2") }, 0, `"log-3" is there, but "log-2" is missing`},
		{"a file is empty", func(d *disk) { d.names["log-2"] = new(inode) }, 0, `journal "log-2" is damaged at line 1`},
		{"a first line has changed", func(d *disk) { d.names["log-3"].cache[20] ^= 1 }, 0, `journal "log-3" is damaged at line 1`},
		{"a first line of zeros", func(d *disk) { d.names["log-3"].cache = make([]byte, 5000) }, 0, `journal "log-3" is damaged at line 1`},
		{"a file is too short", func(d *disk) { d.names["log"].cache = d.names["log"].cache[:300] }, 3, `journal "log" is damaged at line`},
		{"files are swapped", func(d *disk) { d.names["log-2"], d.names["log-3"] = d.names["log-3"], d.names["log-2"] }, -1, "is damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := whole.crash(everything)
			tt.change(d)
			before := d.caches()
			records, _, err := readAll[string](d, logName)
			log, opened, _, openErr := openAll[string](d, logName)
			if (err == nil) != (tt.problem == "") || (openErr == nil) != (tt.problem == "") {
				t.Fatalf("read: %v, opened: %v, want %q", err, openErr, tt.problem)
			}
			if err != nil {
				if !strings.Contains(err.Error(), tt.problem) || !strings.Contains(openErr.Error(), tt.problem) {
					t.Errorf("read: %v, opened: %v, want %q", err, openErr, tt.problem)
				}
				if diff := cmp.Diff(before, d.caches()); diff != "" {
					t.Errorf("refused, but changed: %s", diff)
				}
			}
			if tt.records >= 0 && (len(records) != tt.records || !slices.Equal(records, opened) || !slices.Equal(records, texts(tt.records))) {
				t.Errorf("%d records, %d opened, want %d", len(records), len(opened), tt.records)
			}
			if err == nil {
				if err := goesOn(d, log, all); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
