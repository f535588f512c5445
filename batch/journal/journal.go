// Package journal keeps an append-only log of records that survives kill -9 and
// power loss. It does not know what the records mean, and takes no lock: the
// caller must see to it that a log has one writer.
//
// # Format
//
// A log is a file for each process that has written it: journal.jsonl of the first
// one, then journal-2.jsonl and so on. So a process that was taken for dead, cut off
// from a shared folder, and comes back cannot damage what its successor writes.
//
// A file has JSON lines, numbered from 1, of three kinds:
//
//	{"crc":"9af12c99","line":7,"record":{"name":"web"}}
//	{"crc":"0f0a7efa","line":8,"synced":1234}
//	{"crc":"1c2d3e4f","line":1,"after":5678}
//
// The CRC-32C covers the rest of the line, from "line" with its quotes to the
// closing brace. The second kind is a mark: the first 1234 bytes of the file
// had been synced before the mark was written. The first file begins with a mark of
// 0 bytes, which [Create] syncs. Another mark follows each sync, and becomes durable
// with the next one.
//
// The third kind begins every other file: of the file before it the first 5678
// bytes count. They were durable when this line was written, and had been read.
// What its writer may have added behind them does not count.
//
// # What a crash leaves
//
// A killed process loses nothing that it had written: at most the last line is
// cut short, and records appended during a sync are missing. A power loss may
// take any of the bytes written since the last sync: the end, a block in the
// middle, which then reads as zeros, or a line before others that are intact.
// No caller was told that these bytes are safe, so [Open] leaves out what follows
// the first bad line, and returns that as a [Tail].
//
// A bad line that an intact mark behind it calls synced is damage, not the work
// of a crash: the file was edited, or the disk lost data. So is a bad first
// line with more behind it. Damage is refused with a [*DamageError]. Behind the
// last mark the two look alike: a changed line is taken for a torn one. That
// can happen to the lines written since the last sync, which a power loss could
// have taken as well; and to those of the last sync itself only if its mark is
// lost too, which takes a power loss and a change at once.
//
// # Failure
//
// A failed write or sync is final: later calls write nothing and return the
// first error. The kernel may have dropped the pages that it could not write,
// and report success for the next sync. For the same reason [Open] rewrites
// what no mark calls synced before it relies on it.
package journal

import (
	"encoding/json"
	"fmt"
	"os"
)

// A Log appends records of one type to a file. It is safe for concurrent use;
// the file has the records in the order of the calls. Records are encoded by
// [encoding/json] unless they are Appenders. Strings that are not valid UTF-8
// come back changed.
type Log[T any] struct {
	w *writer
}

// An Appender is a record that encodes itself. AppendJSON appends one line of
// JSON, without its newline, to b.
type Appender interface {
	AppendJSON(b []byte) ([]byte, error)
}

// Create creates a log. The file must not exist yet. Only its owner can read
// it, and it survives a power loss once Create returns. Create allocates room
// for reserve bytes where the file system can do that, so that a full disk
// shows now and not half way.
func Create[T any](fsys FS, name string, reserve int64) (*Log[T], error) {
	return create[T](fsys, name, reserve, appendMark(nil, 1, 0))
}

// create is Create for a file that begins with a certain line.
func create[T any](fsys FS, name string, reserve int64, first []byte) (*Log[T], error) {
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create journal: %w", err)
	}
	w := newWriter(f)
	err = f.Reserve(reserve)
	if err == nil {
		err = w.start(first)
	}
	if err == nil {
		err = fsys.SyncFolder()
	}
	if err != nil { // leave nothing in the way of the next attempt
		_, _ = f.Close(), fsys.Remove(name)
		return nil, fmt.Errorf("create journal: %w", err)
	}
	return &Log[T]{w}, nil
}

// Append adds a record. The record survives the death of the process when
// Append returns or, if a sync is under way then, when that has ended. It
// survives a power loss only after the next Commit or Close. A record that
// cannot be encoded or is too long is refused and does no harm; any other error
// is final.
func (l *Log[T]) Append(record T) error {
	_, err := l.append(record, false)
	return err
}

// Commit adds a record and returns when this record and all before it survive a
// power loss. Concurrent calls share a sync. Errors are as for Append.
func (l *Log[T]) Commit(record T) error {
	end, err := l.append(record, true)
	if err != nil {
		return err
	}
	return l.w.syncTo(end)
}

func (l *Log[T]) append(record T, waits bool) (end int64, err error) {
	text, err := encode(record)
	if err != nil {
		return 0, fmt.Errorf("encode record: %w", err)
	}
	if len(text) > maxRecord {
		return 0, fmt.Errorf("record of %d bytes is too long", len(text))
	}
	return l.w.append(text, waits)
}

func encode(record any) ([]byte, error) {
	if r, ok := record.(Appender); ok {
		return r.AppendJSON(make([]byte, 0, usualRecord))
	}
	return json.Marshal(record)
}

// Reserve allocates room for that many more bytes, as Create does. If there is
// none it fails, and the log can still be used.
func (l *Log[T]) Reserve(more int64) error {
	if err := l.w.reserve(more); err != nil {
		return fmt.Errorf("reserve room for journal: %w", err)
	}
	return nil
}

// Close makes all records durable and closes the file. If the log has failed it
// returns that error. Closing again does nothing.
func (l *Log[T]) Close() error { return l.w.close() }

// Abandon closes the file and writes nothing more: whoever reads it may have begun
// the next one. Records that were not written yet are lost.
func (l *Log[T]) Abandon() error { return l.w.abandon() }
