package journal_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/journal"
)

type fileMode = fs.FileMode

func folder(t testing.TB) (path string, fsys journal.FS) {
	t.Helper()
	path = t.TempDir()
	root, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return path, journal.OSFolder(root)
}

func TestRealFiles(t *testing.T) {
	path, fsys := folder(t)
	s := life(fsys)
	if s.err != nil {
		t.Fatal(s.err)
	}
	name := filepath.Join(path, "log-3") // the last one
	if info, err := os.Stat(name); err != nil || info.Mode() != 0o600 {
		t.Error(info.Mode(), err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(data, make([]byte, 100)...), 0); err != nil {
		t.Fatal(err)
	}
	_, read, _, err := openAll[string](fsys, logName) // the log of s is left open, as by kill -9
	if diff := cmp.Diff(texts(s.tried), read); diff != "" || err != nil {
		t.Error(err, diff)
	}
	after, err := os.ReadFile(name)
	if diff := cmp.Diff(string(data)+strings.Repeat("\x00", 100), string(after)); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for _, err := range []error{s.log.Close(), fsys.Remove(logName)} {
		if err != nil {
			t.Error(err)
		}
	}
	if _, _, err := readAll[string](fsys, logName); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestNamesRefused(t *testing.T) {
	path, fsys := folder(t)
	if err := errors.Join(
		os.WriteFile(filepath.Join(path, "plain"), nil, 0o600),
		os.Symlink("plain", filepath.Join(path, "link")),
		os.Symlink("nowhere", filepath.Join(path, "dangling")),
		syscall.Mkfifo(filepath.Join(path, "fifo"), 0o600),
		os.Mkdir(filepath.Join(path, "sub"), 0o700),
	); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"link", "dangling", "fifo", "sub", "sub/log", "../log", "", "."} {
		_, created := journal.Create[string](fsys, name, 0)
		_, _, _, opened := openAll[string](fsys, name)
		_, _, read := readAll[string](fsys, name)
		if created == nil || opened == nil || read == nil {
			t.Errorf("%q: %v, %v, %v", name, created, opened, read)
		}
	}
	if _, err := journal.Create[string](fsys, "plain", 0); !errors.Is(err, fs.ErrExist) {
		t.Error("there is such a file already:", err)
	}
}

// TestReserve: the room is taken, and does not show in the size.
func TestReserve(t *testing.T) {
	path, fsys := folder(t)
	log, err := journal.Create[string](fsys, logName, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	used := func() (blocks, size int64) {
		info, err := os.Stat(filepath.Join(path, logName))
		if err != nil {
			t.Fatal(err)
		}
		return info.Sys().(*syscall.Stat_t).Blocks * 512, info.Size()
	}
	blocks, size := used()
	if blocks < 1<<20 {
		t.Skip("no room is set aside here:", blocks)
	}
	if size > 100 {
		t.Errorf("%d bytes", size)
	}
	if err := log.Reserve(1 << 62); err == nil {
		t.Error("more room than any disk has")
	}
	if err := errors.Join(log.Reserve(2<<20), log.Append("a")); err != nil {
		t.Error("goes on after that:", err)
	}
	if blocks, _ := used(); blocks < 2<<20 {
		t.Errorf("%d bytes reserved", blocks)
	}
	for _, alone := range []bool{false, true} { // as by kill -9
		next, _, err := journal.Open(fsys, logName, alone, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if blocks, _ := used(); (blocks < 1<<20) != alone {
			t.Errorf("%d bytes reserved, alone %t", blocks, alone)
		}
		if err := errors.Join(next.Close(), fsys.Remove("log-2")); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(log.Reserve(2<<20), log.Append("b"), log.Close()); err != nil {
		t.Error(err)
	}
	if blocks, _ := used(); blocks >= 1<<20 {
		t.Errorf("closed, %d bytes reserved", blocks)
	}
}

// growing is a file to which a line is completed after its end was seen.
type growing struct {
	journal.File
	all  []byte
	size int // seen so far
}

func (f *growing) ReadAt(p []byte, off int64) (n int, err error) {
	n = copy(p, f.all[min(off, int64(f.size)):f.size])
	if n < len(p) {
		f.size, err = len(f.all), io.EOF
	}
	return n, err
}

type growingFS struct {
	journal.FS
	file *growing
}

func (f growingFS) OpenFile(name string, flag int, perm fileMode) (journal.File, error) {
	plain, err := f.FS.OpenFile(name, flag, perm)
	f.file.File = plain
	return f.file, err
}

// TestReadWhileWritten: Read stops behind a line that it saw incomplete. What
// comes later would look like damage.
func TestReadWhileWritten(t *testing.T) {
	data, ends := file(t, commits)
	for size := range data {
		f := growingFS{diskWith(logName, data), &growing{all: data, size: size}}
		records, tail, err := readAll[string](f, logName)
		lines := 0
		for lines < len(ends) && ends[lines] <= size {
			lines++
		}
		if err != nil || tail.Offset+tail.Cut != 0 && tail.Offset+tail.Cut != int64(size) || len(records) > lines {
			t.Fatalf("%d bytes: %d records, %+v, %v", size, len(records), tail, err)
		}
	}
}

// TestFirst: the first record is that, whatever follows; there is none if the
// lines before it are not intact.
func TestFirst(t *testing.T) {
	_, fsys := folder(t)
	if _, err := journal.First[string](fsys, logName); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	data, ends := file(t, func(s *story) []func() { return []func(){s.commit, s.append, s.commit, s.close} })
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"of many", data, text(0)},
		{"the only one", data[:ends[1]], text(0)},
		{"before a torn one", data[:ends[2]+7], text(0)},
		{"none yet", data[:ends[0]], ""},
		{"torn", data[:ends[1]-1], ""},
		{"emptied", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			first, err := journal.First[string](diskWith(logName, tt.data), logName)
			got := ""
			if first != nil {
				got = *first
			}
			if err != nil || got != tt.want {
				t.Errorf("%q, %v, want %q", got, err, tt.want)
			}
		})
	}
	if _, err := journal.First[int](diskWith(logName, data), logName); err == nil {
		t.Error("a text was taken for a number")
	}
}
