package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
)

// A Tail is what a crash left in the file behind the last good line of a log.
// It is zero if there is nothing.
type Tail struct {
	Offset int64 // where it begins, in bytes
	Cut    int64 // its length in bytes
}

// A DamageError reports that a log has changed where no crash could change it.
type DamageError struct {
	Name   string
	Line   int64 // the first bad line, counted from 1
	Offset int64 // of that line, in bytes
	Err    error // why its record cannot be decoded; nil if the line has changed
}

func (e *DamageError) Error() string {
	text := fmt.Sprintf("journal %q is damaged at line %d, byte %d", e.Name, e.Line, e.Offset)
	if e.Err != nil {
		return fmt.Sprintf("%s: %v", text, e.Err)
	}
	return text
}

func (e *DamageError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *DamageError) Hint() string {
	if e.Err != nil {
		return "the line is intact, but another version may have written it: use that version"
	}
	return "the line was safely on disk before it changed, so the disk or an edit did this: check the disk, and restore the file from a copy"
}

// Read calls take with each record of a log, in order, and changes nothing. The
// log may be in use; the tail, that of its last file, may then be a line that is
// being written. If Read returns a [*DamageError], take has got the records before
// the damage.
func Read[T any](fsys FS, name string, take func(T)) (Tail, error) {
	links, err := chain(fsys, name)
	if err != nil {
		return Tail{}, fmt.Errorf("read journal: %w", err)
	}
	var tail Tail
	for _, l := range links {
		f, err := fsys.OpenFile(l.name, os.O_RDONLY, 0)
		if err != nil {
			return Tail{}, fmt.Errorf("read journal: %w", err)
		}
		_, tail, err = scan(f, l, take)
		if err = errors.Join(err, f.Close()); err != nil {
			return Tail{}, err
		}
	}
	return tail, nil
}

// First returns the first record of a log, nil if there is none or the lines before
// it are not intact: [Read] then tells why.
func First[T any](fsys FS, name string) (*T, error) {
	f, err := fsys.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	first, err := firstIn[T](f, name)
	return first, errors.Join(err, f.Close())
}

func firstIn[T any](f File, name string) (*T, error) {
	in := newLineReader(f)
	for start := int64(0); ; start = in.end {
		text, err := in.next()
		if err != nil || len(text) == 0 {
			return nil, err
		}
		this, ok := parse(text)
		if !ok {
			return nil, nil
		}
		if this.record == nil {
			continue
		}
		first := new(T)
		if err := json.Unmarshal(this.record, first); err != nil {
			return nil, &DamageError{name, this.number, start, err}
		}
		return first, nil
	}
}

// Open begins a new file of a log for appending, with room for nothing yet, and
// calls take with each record of the files before it, in order. It returns what a
// crash left at the end of the last one, which no longer counts. When Open returns,
// all these records survive a power loss, even those that were only appended. If it
// returns a [*DamageError], take has got the records before the damage, and nothing
// has changed; after any other error what take has got cannot be relied on.
//
// alone says that nobody can be writing those files, not even another host that has
// lost its lock: then the room that was reserved in them is given back.
func Open[T any](fsys FS, name string, alone bool, take func(T)) (*Log[T], Tail, error) {
	links, err := chain(fsys, name)
	if err != nil {
		return nil, Tail{}, fmt.Errorf("open journal: %w", err)
	}
	var at, before position
	var tail Tail
	for _, l := range links {
		before = at
		if at, tail, err = settle(fsys, l, alone, take); err != nil {
			return nil, Tail{}, err
		}
	}
	n := len(links) + 1
	if len(links) > 1 && at.lines == 1 && tail.Cut == 0 { // its writer wrote nothing: take its place
		n, at = len(links), before
	}
	next := nameOf(name, n)
	if err := fsys.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) { // its creator died before it said anything
		return nil, Tail{}, fmt.Errorf("open journal: %w", err)
	}
	log, err := create[T](fsys, next, 0, appendAfter(nil, at.end))
	return log, tail, err
}

// settle reads a file of a log and, if it is the last one, makes durable what it
// has read.
func settle[T any](fsys FS, l link, alone bool, take func(T)) (at position, tail Tail, err error) {
	f, err := fsys.OpenFile(l.name, os.O_RDWR, 0)
	if err != nil {
		return at, tail, fmt.Errorf("open journal: %w", err)
	}
	at, tail, err = scan(f, l, take)
	if err == nil && l.counts < 0 {
		if err = rewrite(f, at.synced, at.end); err == nil {
			err = f.Sync()
		}
		if err == nil && alone {
			err = f.Truncate(at.end + tail.Cut)
		}
		if err != nil {
			err = fmt.Errorf("open journal: %w", err)
		}
	}
	return at, tail, errors.Join(err, f.Close())
}

// rewrite writes part of a file over itself. A sync that failed in another
// process may have left pages in memory that the kernel thinks are on disk:
// they read back as written, but another sync would skip them.
func rewrite(f File, from, to int64) error {
	buf := make([]byte, min(to-from, 1<<20))
	for from < to {
		part := buf[:min(to-from, int64(len(buf)))]
		if n, err := f.ReadAt(part, from); n < len(part) {
			return err
		}
		if _, err := f.WriteAt(part, from); err != nil {
			return err
		}
		from += int64(len(part))
	}
	return nil
}

// scan reads a file of a log up to its first bad line, which is damage or begins a
// tail, or as far as the file counts.
func scan[T any](f File, l link, take func(T)) (at position, tail Tail, err error) {
	in := newLineReader(f)
	for at.end != l.counts {
		text, err := in.next()
		if err != nil || len(text) == 0 && l.counts < 0 {
			return at, Tail{}, err
		}
		this, ok := parse(text)
		if !ok || this.number != at.lines+1 || this.synced > at.end || (this.after >= 0) != (at.lines == 0 && l.number > 1) {
			if l.counts >= 0 { // all of it was read once
				return at, Tail{}, &DamageError{l.name, at.lines + 1, at.end, nil}
			}
			tail, err = judge(in, l.name, at, text)
			return at, tail, err
		}
		if this.record != nil {
			var record T
			if err := json.Unmarshal(this.record, &record); err != nil {
				return at, Tail{}, &DamageError{l.name, this.number, at.end, err}
			}
			take(record)
		}
		at.marked = this.synced == at.end
		at.end, at.lines, at.synced = in.end, this.number, max(at.synced, this.synced)
	}
	return at, Tail{}, nil
}

// judge reads from a bad line, text, to the end of the file. The line is damage
// if an intact mark behind it says that it was synced, else it begins a tail.
func judge(in *lineReader, name string, at position, text []byte) (Tail, error) {
	tail := Tail{Offset: at.end}
	damage := &DamageError{name, at.lines + 1, at.end, nil}
	for len(text) > 0 {
		// An intact line may be glued to the remains of the one before.
		this, ok := parse(text[max(0, bytes.LastIndex(text, []byte(crcBegin))):])
		if ok && this.synced > at.end {
			return Tail{}, damage
		}
		var err error
		if text, err = in.next(); err != nil {
			return Tail{}, err
		}
	}
	tail.Cut = in.end - tail.Offset
	if at.lines == 0 && tail.Cut > mostFirst {
		return Tail{}, damage // the first line was synced before there were others
	}
	return tail, nil
}

// parse parses a line with its newline; without one it is incomplete.
func parse(text []byte) (line, bool) {
	last := len(text) - 1
	if last < 0 || text[last] != '\n' {
		return line{}, false
	}
	return parseLine(text[:last])
}

// A lineReader splits a file into lines. Of a line that is too long for a log
// it keeps only the end, so that no file can use up all memory.
type lineReader struct {
	in   *bufio.Reader
	long []byte // a line that is longer than the buffer of in
	end  int64  // of the last line, in bytes from the start of the file
	done bool   // the end was seen; what is appended later is not read
}

func newLineReader(f File) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(io.NewSectionReader(f, 0, math.MaxInt64), 64<<10)}
}

// next returns the next line with its newline, valid until the next call. It is
// empty at the end of the file.
func (r *lineReader) next() ([]byte, error) {
	r.long = r.long[:0]
	for !r.done {
		part, err := r.in.ReadSlice('\n')
		r.end += int64(len(part))
		r.done = err == io.EOF
		if err != nil && err != bufio.ErrBufferFull && err != io.EOF {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		if len(r.long) == 0 && err != bufio.ErrBufferFull {
			return part, nil
		}
		if len(r.long)+len(part) > maxLine {
			r.long = append(r.long[:0], 0) // no line of a log begins like this
		}
		r.long = append(r.long, part...)
		if err != bufio.ErrBufferFull {
			return r.long, nil
		}
	}
	return nil, nil
}
