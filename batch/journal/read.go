package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
// log may be in use; the tail may then be a line that is being written. If Read
// returns a [*DamageError], take has got the records before the damage.
func Read[T any](fsys FS, name string, take func(T)) (Tail, error) {
	f, err := fsys.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return Tail{}, fmt.Errorf("read journal: %w", err)
	}
	_, tail, err := scan(f, name, take)
	return tail, errors.Join(err, f.Close())
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

// Open opens a log for appending, and calls take with each of its records, in
// order. It cuts off what a crash left at the end, and returns that. When Open
// returns, all these records survive a power loss, even those that were only
// appended. If it returns a [*DamageError], take has got the records before the
// damage, and the file is unchanged; after any other error what take has got
// cannot be relied on.
func Open[T any](fsys FS, name string, take func(T)) (*Log[T], Tail, error) {
	f, err := fsys.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, Tail{}, fmt.Errorf("open journal: %w", err)
	}
	at, tail, err := scan(f, name, take)
	if err != nil {
		return nil, Tail{}, errors.Join(err, f.Close())
	}
	w := newWriter(f, at)
	if err = prepare(w, tail); err != nil {
		return nil, Tail{}, errors.Join(fmt.Errorf("open journal: %w", err), f.Close())
	}
	return &Log[T]{w}, tail, nil
}

// prepare makes a file ready for appending: it cuts the tail, writes the first
// line if there is none, and makes all of it durable.
func prepare(w *writer, tail Tail) error {
	if tail.Cut > 0 {
		if err := w.file.Truncate(w.pos.end); err != nil {
			return err
		}
	}
	if err := rewrite(w.file, w.pos.synced, w.pos.end); err != nil {
		return err
	}
	if w.pos.lines == 0 {
		w.mark()
		if w.write(); w.err != nil {
			return w.err
		}
	}
	if err := w.file.Sync(); err != nil {
		return err
	}
	w.pos.synced = w.pos.end
	if !w.pos.marked {
		w.mark()
		w.write()
	}
	return w.err
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

// scan reads a log up to its first bad line, which is damage or begins a tail.
func scan[T any](f File, name string, take func(T)) (at position, tail Tail, err error) {
	in := newLineReader(f)
	for {
		text, err := in.next()
		if err != nil || len(text) == 0 {
			return at, Tail{}, err
		}
		this, ok := parse(text)
		if !ok || this.number != at.lines+1 || this.synced > at.end {
			tail, err = judge(in, name, at, text)
			return at, tail, err
		}
		if this.record != nil {
			var record T
			if err := json.Unmarshal(this.record, &record); err != nil {
				return at, Tail{}, &DamageError{name, this.number, at.end, err}
			}
			take(record)
		}
		at.marked = this.synced == at.end
		at.end, at.lines, at.synced = in.end, this.number, max(at.synced, this.synced)
	}
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
	if at.lines == 0 && tail.Cut > int64(len(appendMark(nil, 1, 0))) {
		return Tail{}, damage // Create synced the first line before there were others
	}
	return tail, nil
}

// parse parses a line with its newline; without one it is incomplete.
func parse(text []byte) (line, bool) {
	last := len(text) - 1
	if text[last] != '\n' {
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
