package report_test

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

	"imgrename/report"
)

// listing is what is in a folder: name, mode and, of files, the text.
func listing(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		line := e.Name() + " " + info.Mode().String()
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(filepath.Join(folder, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			line += " " + string(text)
		}
		all = append(all, line)
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func hello(w io.Writer) error {
	_, err := io.WriteString(w, "hello")
	return err
}

var errWrite = errors.New("it went wrong")

func broken(w io.Writer) error {
	_, _ = io.WriteString(w, strings.Repeat("half", 100_000)) // more than is buffered
	return errWrite
}

func TestWriteFile(t *testing.T) {
	for _, test := range []struct {
		name  string
		setup func(path string) error
		write func(io.Writer) error
		err   error
		want  []string
	}{
		{"a new file is its owner's only", nil, hello, nil, []string{"out.csv -rw------- hello"}},
		{
			"so is one that replaces a file others could read",
			func(path string) error {
				return errors.Join(os.WriteFile(path, []byte("a longer old text"), 0o644), os.Chmod(path, 0o644))
			},
			hello, nil,
			[]string{"out.csv -rw------- hello"},
		},
		{
			"a file that may not be written is replaced",
			func(path string) error { return os.WriteFile(path, []byte("old"), 0o400) },
			hello, nil,
			[]string{"out.csv -rw------- hello"},
		},
		{"what fails leaves nothing", nil, broken, errWrite, []string{}},
		{
			"what fails leaves the old file as it is",
			func(path string) error { return os.WriteFile(path, []byte("old"), 0o640) },
			broken, errWrite,
			[]string{"out.csv -rw-r----- old"},
		},
		{
			"a link is replaced, not followed",
			func(path string) error {
				other := filepath.Join(filepath.Dir(path), "other")
				return errors.Join(os.WriteFile(other, []byte("old"), 0o600), os.Symlink(other, path))
			},
			hello, nil,
			[]string{"other -rw------- old", "out.csv -rw------- hello"},
		},
		{
			"a link to nothing is replaced",
			func(path string) error { return os.Symlink("nowhere", path) },
			hello, nil,
			[]string{"out.csv -rw------- hello"},
		},
		{
			"a folder stays",
			func(path string) error { return os.Mkdir(path, 0o700) },
			hello, report.ErrNotRegular,
			[]string{"out.csv drwx------"},
		},
		{
			"a pipe stays",
			func(path string) error { return syscall.Mkfifo(path, 0o600) },
			hello, report.ErrNotRegular,
			[]string{"out.csv prw-------"},
		},
		{
			"a link to a device stays",
			func(path string) error { return os.Symlink(os.DevNull, path) },
			hello, report.ErrNotRegular,
			[]string{"out.csv Lrwxrwxrwx"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "out.csv")
			if test.setup != nil {
				must(t, test.setup(path))
			}
			if err := report.WriteFile(path, test.write); !errors.Is(err, test.err) {
				t.Errorf("%v, want %v", err, test.err)
			}
			if diff := cmp.Diff(test.want, listing(t, folder)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// While it is written the file is under another name in the same folder, even
// if that for temporary files is on the same disk.
func TestWriteFileWritesBesideTheFile(t *testing.T) {
	elsewhere, folder := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", elsewhere)
	path := filepath.Join(folder, "out.csv")
	must(t, os.WriteFile(path, []byte("old"), 0o600))
	err := report.WriteFile(path, func(w io.Writer) error {
		if got := listing(t, folder); len(got) != 2 || got[1] != "out.csv -rw------- old" || !strings.HasPrefix(got[0], ".out.csv") {
			t.Errorf("meanwhile there is %q", got)
		}
		if got := listing(t, elsewhere); len(got) != 0 {
			t.Errorf("elsewhere there is %q", got)
		}
		return hello(w)
	})
	must(t, err)
	if diff := cmp.Diff([]string{"out.csv -rw------- hello"}, listing(t, folder)); diff != "" {
		t.Error(diff)
	}
}

func TestWriteFileSurvivesAPanic(t *testing.T) {
	folder := t.TempDir()
	func() {
		defer func() { _ = recover() }()
		_ = report.WriteFile(filepath.Join(folder, "out.csv"), func(io.Writer) error { panic("bug") })
	}()
	if got := listing(t, folder); len(got) != 0 {
		t.Errorf("there is %q", got)
	}
}

func TestWriteFileWhereItCannotBe(t *testing.T) {
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "file"), nil, 0o600))
	must(t, os.Mkdir(filepath.Join(folder, "closed"), 0o500))
	for _, test := range []struct {
		name, path string
		want       error
	}{
		{"no folder", "missing/out.csv", fs.ErrNotExist},
		{"a file for a folder", "file/out.csv", syscall.ENOTDIR},
		{"too long a name", strings.Repeat("x", 252) + ".csv", syscall.ENAMETOOLONG},
		{"a folder that cannot be written", "closed/out.csv", fs.ErrPermission},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.want == fs.ErrPermission && os.Geteuid() == 0 {
				t.Skip("root may write anywhere")
			}
			err := report.WriteFile(filepath.Join(folder, test.path), hello)
			if !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), ".out.csv") {
				t.Errorf("%v names a file that nobody asked for", err)
			}
		})
	}
	if got := listing(t, folder); len(got) != 2 {
		t.Errorf("there is %q", got)
	}
}

func TestReportFilesAreOfTheKindTheirNameSays(t *testing.T) {
	folder := t.TempDir()
	r := mixed()
	for _, test := range []struct{ name, begins string }{
		{"out.csv", "line,profile,"},
		{"out.jsonl", `{"line":2,`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(folder, test.name)
			must(t, r.WriteFile(path))
			text, err := os.ReadFile(path)
			must(t, err)
			if !strings.HasPrefix(string(text), test.begins) {
				t.Errorf("it begins %.30q", text)
			}
		})
	}
	if err := r.WriteFile(filepath.Join(folder, "out.txt")); err == nil {
		t.Error("a report of no known kind was written")
	}
	if got := listing(t, folder); len(got) != 2 {
		t.Errorf("there is %q", got)
	}
}

func TestCheckFile(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	must(t, os.WriteFile(in("old.csv"), []byte("old"), 0o644))
	must(t, os.Mkdir(in("folder.csv"), 0o700))
	must(t, syscall.Mkfifo(in("pipe.csv"), 0o600))
	must(t, os.Symlink("old.csv", in("link.csv")))
	must(t, os.Symlink(os.DevNull, in("null.csv")))
	must(t, os.Symlink("loop", in("loop")))
	before := listing(t, folder)
	for _, test := range []struct{ name, path, want string }{
		{"a new file", in("new.csv"), ""},
		{"the other kind", in("new.jsonl"), ""},
		{"a file that is replaced", in("old.csv"), ""},
		{"an unknown ending", in("new.txt"), "a report's name must end in .csv or .jsonl"},
		{"no ending", in("csv"), "a report's name must end in .csv or .jsonl"},
		{"a device", os.DevNull, "a report's name must end in .csv or .jsonl"},
		{"a link to a device", in("null.csv"), "not a regular file"},
		{"a link", in("link.csv"), "not a regular file"},
		{"a folder", in("folder.csv"), "not a regular file"},
		{"a pipe", in("pipe.csv"), "not a regular file"},
		{"no folder", in("missing/new.csv"), "its folder does not exist"},
		{"a file for a folder", in("old.csv/new.csv"), "its folder is not a folder"},
		{"a file on the way", in("old.csv/folder/new.csv"), "its folder: not a directory"},
		{"links in a circle", in("loop/new.csv"), "its folder: too many levels of symbolic links"},
		{"too long a name", in(strings.Repeat("x", 252) + ".csv"), "cannot create a file in its folder: file name too long"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if err := report.CheckFile(test.path); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
	if diff := cmp.Diff(before, listing(t, folder)); diff != "" {
		t.Errorf("it left traces\n%s", diff)
	}
}

// What fails is said without the name of the temporary file.
func TestWriteFileNamesNoOtherFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.csv")
	err := report.WriteFile(path, func(io.Writer) error { return os.Mkdir(path, 0o700) }) // in place of the file to be replaced
	if !errors.Is(err, syscall.EEXIST) || strings.Contains(err.Error(), "/") {
		t.Errorf("a rename that fails: %v", err)
	}
	closed := filepath.Join(t.TempDir(), "report.csv")
	err = report.WriteFile(closed, func(io.Writer) error {
		return &fs.PathError{Op: "write", Path: closed + "123", Err: syscall.ENOSPC}
	})
	if !errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "/") {
		t.Errorf("a write that fails: %v", err)
	}
}
