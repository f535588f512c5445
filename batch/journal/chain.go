package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A link is one file of a log.
type link struct {
	name   string
	number int   // from 1
	counts int64 // so many bytes of it; -1 for the last file, of which all do
}

// nameOf returns the name of a log's nth file, counted from 1.
func nameOf(name string, n int) string {
	if n == 1 {
		return name
	}
	extension := path.Ext(name)
	return strings.TrimSuffix(name, extension) + "-" + strconv.Itoa(n) + extension
}

// chain returns the files of a log, in order, and how far each counts. A last file
// whose first line is not there is left out: its creator died before it wrote
// anything else. The error wraps fs.ErrNotExist if there is no log.
func chain(fsys FS, name string) ([]link, error) {
	names, err := fsys.Names()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	links := []link{{name, 1, -1}}
	for n := 2; slices.Contains(names, nameOf(name, n)); n++ {
		next := link{nameOf(name, n), n, -1}
		after, err := afterOf(fsys, next.name)
		if err != nil {
			return nil, err
		}
		if after < 0 {
			if slices.Contains(names, nameOf(name, n+1)) {
				return nil, &DamageError{Name: next.name, Line: 1}
			}
			break
		}
		links[n-2].counts = after
		links = append(links, next)
	}
	return links, missing(names, name, len(links))
}

// missing returns an error if a file of a log is there although the one before it is
// not. n is how many there are in a row.
func missing(names []string, name string, n int) error {
	extension := path.Ext(name)
	for _, other := range names {
		number, ok := strings.CutPrefix(strings.TrimSuffix(other, extension), strings.TrimSuffix(name, extension)+"-")
		if k, err := strconv.Atoi(number); ok && err == nil && k > n+1 && other == nameOf(name, k) {
			return fmt.Errorf("%q is there, but %q is missing", other, nameOf(name, n+1))
		}
	}
	return nil
}

// afterOf returns how many bytes count of the file before this one, -1 if its first
// line is not there.
func afterOf(fsys FS, name string) (int64, error) {
	f, err := fsys.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return 0, err
	}
	after, err := afterIn(f, name)
	return after, errors.Join(err, f.Close())
}

func afterIn(f File, name string) (int64, error) {
	in := newLineReader(f)
	text, err := in.next()
	if err != nil {
		return 0, err
	}
	first, ok := parse(text)
	if ok && first.number == 1 && first.after >= 0 {
		return first.after, nil
	}
	more, err := in.next()
	switch {
	case err != nil:
		return 0, err
	case len(more) > 0 || in.end > mostFirst: // the first line was synced before there were others
		return 0, &DamageError{Name: name, Line: 1}
	}
	return -1, nil
}
