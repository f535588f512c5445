package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/journal"
)

// file returns what chapters leave in the log's first file, and where each line ends.
func file(t *testing.T, chapters func(s *story) []func()) (data []byte, ends []int) {
	t.Helper()
	return fileOn(t, newDisk(), chapters)
}

// fileOn is file for an empty disk.
func fileOn(t *testing.T, d *disk, chapters func(s *story) []func()) (data []byte, ends []int) {
	t.Helper()
	s := &story{fs: d}
	s.create()
	if s.tell(chapters(s)...); s.err != nil {
		t.Fatal(s.err)
	}
	data = d.names[logName].cache
	for i, b := range data {
		if b == '\n' {
			ends = append(ends, i+1)
		}
	}
	return data, ends
}

// commits are three records of a sync of their own and two that share one.
func commits(s *story) []func() {
	return []func(){s.commit, s.commit, s.commit, s.append, s.commit}
}

// TestFlip changes each byte of a file in ten ways. A change may only be taken
// for a torn tail behind what a mark calls synced.
func TestFlip(t *testing.T) {
	killed := func(s *story) []func() { return commits(s) }
	for _, tt := range []struct {
		name     string
		chapters func(s *story) []func()
		drop     int // lines that the last crash took
		records  int
		safe     int // so many of the records are proof against change
	}{
		{"closed", func(s *story) []func() { return append(commits(s), s.close) }, 0, 5, 5},
		{"killed after a commit", killed, 0, 5, 5},
		{"power lost with the last mark", killed, 1, 5, 3},
		{"killed after appending", func(s *story) []func() { return append(commits(s), s.append) }, 0, 6, 5},
		{"opened after that", func(s *story) []func() { return append(commits(s), s.append, s.reopen) }, 0, 6, 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDisk()
			data, ends := fileOn(t, d, tt.chapters)
			data = data[:ends[len(ends)-1-tt.drop]]
			refused, torn := 0, 0
			for i := range data {
				for _, change := range []byte{1, 2, 4, 8, 16, 32, 64, 128, 255, data[i], data[i] ^ '\n'} {
					if change == 0 {
						continue
					}
					bad := slices.Clone(data)
					bad[i] ^= change
					isDamage, err := inspect(bad, d.names["log-2"], tt.safe, tt.records)
					if err != nil {
						t.Fatalf("byte %d ^ %#x: %v", i, change, err)
					}
					if isDamage {
						refused++
					} else {
						torn++
					}
				}
			}
			t.Logf("%d refused, %d torn", refused, torn)
		})
	}
}

// inspect opens a changed file, with the one that follows it if any. It must be refused and left as it is, or cut
// behind the records that are safe; it must not pass for intact.
func inspect(data []byte, second *inode, safe, all int) (isDamage bool, err error) {
	d := diskWith(logName, data)
	if second != nil {
		d.names["log-2"], d.durable["log-2"] = second, second
	}
	log, records, tail, err := openAll[string](d, logName)
	if !slices.Equal(records, texts(len(records))) {
		return false, fmt.Errorf("other records: %q", records)
	}
	if damage, ok := errors.AsType[*journal.DamageError](err); ok {
		switch {
		case log != nil || !bytes.Equal(d.names[logName].cache, data):
			return true, errors.New("refused, but changed")
		case damage.Offset > 0 && data[damage.Offset-1] != '\n':
			return true, fmt.Errorf("no line begins at %d", damage.Offset)
		case int(damage.Line) != bytes.Count(data[:damage.Offset], []byte("\n"))+1:
			return true, fmt.Errorf("line %d is not at %d", damage.Line, damage.Offset)
		}
		return true, nil
	}
	if err == nil && (tail.Cut == 0 || len(records) < safe || len(records) > all) {
		err = fmt.Errorf("cut %+v, %d records of %d", tail, len(records), all)
	}
	return false, err
}

// TestTorn ends the file after each byte of its last two records, or has zero
// bytes from there on.
func TestTorn(t *testing.T) {
	data, ends := file(t, func(s *story) []func() {
		return []func(){s.commit, s.commit, s.append, s.append}
	})
	whole := func(size int) (n int) { // lines up to size
		for n < len(ends) && ends[n] <= size {
			n++
		}
		return n
	}
	synced := ends[len(ends)-3]
	for size := synced; size < len(data); size++ {
		for _, zeros := range []int{0, 1, len(data) - size, 5000} {
			torn := append(slices.Clone(data[:size]), make([]byte, zeros)...)
			log, records, tail, err := openAll[string](diskWith(logName, torn), logName)
			if err != nil {
				t.Fatalf("%d bytes and %d zeros: %v", size, zeros, err)
			}
			lines := whole(size)
			want := journal.Tail{Offset: int64(ends[lines-1]), Cut: int64(len(torn) - ends[lines-1])}
			if want.Cut == 0 {
				want = journal.Tail{}
			}
			diff := cmp.Diff(want, tail) + cmp.Diff(texts(lines-3), records) // 3 of them are marks
			if err := log.Close(); err != nil || diff != "" {
				t.Fatalf("%d bytes and %d zeros: %v %s", size, zeros, err, diff)
			}
		}
	}
}

func TestDamage(t *testing.T) {
	data, ends := file(t, func(s *story) []func() { return append(commits(s), s.append, s.append) })
	part := func(from, to int) []byte { // lines, counted from 0
		ends := append([]int{0}, ends...)
		return data[ends[from]:ends[to]]
	}
	n := len(ends)
	join := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	zeros := func(n int) []byte { return make([]byte, n) }
	for _, tt := range []struct {
		name string
		data []byte
		line int64 // that is damaged; 0 for a tail
		tail journal.Tail
	}{
		{"a line is gone", join(part(0, 2), part(3, n)), 3, journal.Tail{}},
		{"the first line is gone", part(1, n), 1, journal.Tail{}},
		{"a line is twice", join(part(0, 3), part(2, n)), 4, journal.Tail{}},
		{"lines are swapped", join(part(0, 2), part(4, 5), part(3, 4), part(2, 3), part(5, n)), 3, journal.Tail{}},
		{"a byte is inserted", join(part(0, 2), []byte(" "), part(2, n)), 3, journal.Tail{}},
		{"a line is empty", join(part(0, 2), []byte("\n"), part(2, n)), 3, journal.Tail{}},
		{"a synced block is zero", join(part(0, 2), zeros(100), data[ends[1]+100:]), 3, journal.Tail{}},
		{"line ends of another system", bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")), 1, journal.Tail{}},
		{"a mark of more than there is", join(part(0, 1), []byte(`{"crc":"81188b45","line":2,"synced":9999}`+"\n")), 2, journal.Tail{}},
		{"a long line", join(part(0, 2), bytes.Repeat([]byte("x"), 40<<20), part(2, n)), 3, journal.Tail{}},
		{
			"an unsynced line is zero", join(part(0, n-2), zeros(ends[n-2]-ends[n-3]), part(n-1, n)), 0,
			journal.Tail{Offset: int64(ends[n-3]), Cut: int64(ends[n-1] - ends[n-3])},
		},
		{
			"an unsynced line is gone", join(part(0, n-2), part(n-1, n)), 0,
			journal.Tail{Offset: int64(ends[n-3]), Cut: int64(ends[n-1] - ends[n-2])},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, tail, err := readAll[string](diskWith(logName, tt.data), logName)
			damage, _ := errors.AsType[*journal.DamageError](err)
			if (damage == nil) != (err == nil) || damage != nil && damage.Line != tt.line || damage == nil && tt.line > 0 {
				t.Fatalf("error: %v, want line %d", err, tt.line)
			}
			if diff := cmp.Diff(tt.tail, tail); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDamageErrorSaysWhatToDo(t *testing.T) {
	data, _ := file(t, commits)
	_, _, err := readAll[int](diskWith(logName, data), logName)
	other, ok := errors.AsType[*journal.DamageError](err)
	if !ok || other.Err == nil || other.Hint() == "" {
		t.Fatalf("records of another type: %v", err)
	}
	damage := &journal.DamageError{Name: "a\nb", Line: 3, Offset: 99}
	if diff := cmp.Diff(`journal "a\nb" is damaged at line 3, byte 99`, damage.Error()); diff != "" || damage.Hint() == other.Hint() {
		t.Errorf("%s%s", diff, damage.Hint())
	}
}
