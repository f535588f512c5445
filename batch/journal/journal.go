// Package journal is an append-only log of records that outlives kill -9 and
// loss of power. It knows nothing of what the records mean, and locks nothing:
// whoever opens a log to write is alone with it.
//
// # Format
//
// A log is a file of JSON lines, numbered from 1, of two kinds:
//
//	{"crc":"9af12c99","line":7,"record":{"name":"web"}}
//	{"crc":"0f0a7efa","line":8,"synced":1234}
//
// The CRC-32C covers the rest of the line, from "line" with its quotes to the
// closing brace. The second kind is a mark: the first 1234 bytes of the file
// had been synced before the mark was written. A log begins with a mark, of 0
// bytes, which [Create] syncs. Others follow each sync, and are left to the
// next sync to become durable.
//
// # What a crash leaves
//
// Killing the process loses nothing that was written: at most the last line is
// cut short, and what was appended during a sync that was under way is missing.
// Loss of power may take any of the bytes written since the last sync: the end,
// a hole of zero bytes in the middle, a line with sound ones behind it. None of
// them was promised to anybody, so all from the first bad line on is cut, and the
// cut is reported as a [Tail].
//
// A bad line that a later, sound mark calls synced is no crash but damage: the
// file was edited, or the disk forgot. So is a bad first line with more behind
// it. That is refused with a [*DamageError]. After the last mark the two cannot
// be told apart: a changed byte there looks as if it had been torn. This
// concerns the lines written since the last sync, which power loss could have
// taken as well; and those of the last sync itself only if its mark is gone
// too, which takes a power loss and a change at once.
//
// # Failure
//
// A failed write or sync is final. The kernel may have dropped the pages it
// could not write and call the next sync a success, so no later call is tried:
// all return the first error. For the same reason [Open] writes again what no
// mark calls synced, before it relies on it.
package journal

import (
	"encoding/json"
	"fmt"
	"os"
)

// A Log appends records of one type to a file. Append and Commit may be called
// from several goroutines; records are in the file in the order of the calls.
// They are encoded by [encoding/json], or by themselves if they are Appenders:
// strings that are not UTF-8 do not come back as they were.
type Log[T any] struct {
	w *writer
}

// An Appender is a record that appends itself as JSON, in one line.
type Appender interface {
	AppendJSON(b []byte) ([]byte, error)
}

// Create makes the log. The file must not be there yet; it is readable by its
// owner alone, and there after a power loss, when Create returns. Room for
// reserve bytes is set aside where the file system can do that, so that a full
// disk strikes now and not half way.
func Create[T any](fsys FS, name string, reserve int64) (*Log[T], error) {
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create journal: %w", err)
	}
	w := newWriter(f, position{})
	err = f.Reserve(reserve)
	if err == nil {
		err = settle(w, Tail{})
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

// Append adds a record. It survives the death of the process once it is written:
// when Append returns, or when the sync ends that is under way then. A loss of
// power it survives only after the next Commit or Close. A
// record that cannot be encoded is refused and harms nothing; any other error
// is final.
func (l *Log[T]) Append(record T) error {
	_, err := l.append(record, false)
	return err
}

// Commit adds a record and returns when it and all before it survive a loss of
// power. Concurrent calls share a sync. Errors are as for Append.
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

// Reserve sets room aside for so many more bytes, as Create does. It may fail
// for want of room without harm to the log.
func (l *Log[T]) Reserve(more int64) error {
	if err := l.w.reserve(more); err != nil {
		return fmt.Errorf("reserve room for journal: %w", err)
	}
	return nil
}

// Close makes all records durable and closes the file. It returns the error
// the log had before, if any. Closing again does nothing.
func (l *Log[T]) Close() error { return l.w.close() }
