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

// A Tail is what a crash left at the end of a log that is no part of it. It is
// zero if there was none.
type Tail struct {
	Offset int64 // where it begins, in bytes
	Cut    int64 // how many bytes it has
}

// A DamageError tells that a log has changed where no crash could change it.
type DamageError struct {
	Name   string
	Line   int64 // the first bad one, counted from 1
	Offset int64 // of that line, in bytes
	Err    error // why it cannot be decoded; nil if it is not as it was written
}

func (e *DamageError) Error() string {
	text := fmt.Sprintf("journal %q is damaged at line %d, byte %d", e.Name, e.Line, e.Offset)
	if e.Err != nil {
		return fmt.Sprintf("%s: %v", text, e.Err)
	}
	return text
}

func (e *DamageError) Unwrap() error { return e.Err }

// Hint names the way out.
func (e *DamageError) Hint() string {
	if e.Err != nil {
		return "the line is as it was written, perhaps by another version: use the version that wrote it"
	}
	return "it was synced before it changed, so the disk or an edit did this: check the disk, and put the file back from a copy"
}

// Read hands the records of a log to take, in their order, and changes nothing.
// The log may be in use: then the tail may be a line that is being written. With
// a [*DamageError] take has had the records before the damage.
func Read[T any](fsys FS, name string, take func(T)) (Tail, error) {
	f, err := fsys.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return Tail{}, fmt.Errorf("read journal: %w", err)
	}
	_, tail, err := scan(f, name, take)
	return tail, errors.Join(err, f.Close())
}

// Open makes a log ready to be appended to, and hands its records to take, in
// their order. It cuts what a crash left at the end and reports it. When it
// returns all these records survive a loss of power, including those that were
// only appended. With a [*DamageError] take has had the records before the
// damage, there is no log, and the file is as it was; with any other error what
// take has had is not to be relied on.
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
	if err = settle(w, tail); err != nil {
		return nil, Tail{}, errors.Join(fmt.Errorf("open journal: %w", err), f.Close())
	}
	return &Log[T]{w}, tail, nil
}

// settle cuts the tail and makes the rest durable, with the first line if there
// is none, all before anything is appended.
func settle(w *writer, tail Tail) error {
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
// process may have left pages in memory that the kernel thinks are on disk;
// they read well, but another sync would pass them over.
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

// scan reads a log up to its first bad line, and decides whether a crash or
// damage made it bad.
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

// judge reads from a bad line, text, to the end. It is damage if a sound mark
// says that the line was synced, else a tail.
func judge(in *lineReader, name string, at position, text []byte) (Tail, error) {
	tail := Tail{Offset: at.end}
	damage := &DamageError{name, at.lines + 1, at.end, nil}
	for len(text) > 0 {
		// A sound line may be glued to what is left of the one before.
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

// parse reads a line with its newline, without which it is not whole.
func parse(text []byte) (line, bool) {
	last := len(text) - 1
	if text[last] != '\n' {
		return line{}, false
	}
	return parseLine(text[:last])
}

// A lineReader cuts a file into lines. Of a line too long to be a log's it has
// the end alone, so that no file can take all memory.
type lineReader struct {
	in   *bufio.Reader
	long []byte // the memory of a line longer than the reader's
	end  int64  // of the last line, in bytes
	done bool   // the end was seen; what comes behind it later is not read
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
			r.long = append(r.long[:0], 0) // no sound line begins so
		}
		r.long = append(r.long, part...)
		if err != bufio.ErrBufferFull {
			return r.long, nil
		}
	}
	return nil, nil
}
