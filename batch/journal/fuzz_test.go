package journal_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"imgrename/batch/journal"
)

// FuzzOpen opens arbitrary bytes, bare or behind a sound log. Whatever they
// are, what Open returns is what Read returned, it goes on, and it is there the
// next time; a refused file is left as it is.
func FuzzOpen(f *testing.F) {
	d := newDisk()
	if s := life(d); s.err != nil {
		f.Fatal(s.err)
	}
	sound := d.names[logName].cache
	f.Add([]byte{}, false)
	f.Add([]byte("{}\n"), true)
	f.Add(make([]byte, 100), true)
	f.Add(sound, false)
	f.Add(sound[:len(sound)-7], false)
	f.Add(append(slices.Clone(sound[:100]), sound[120:]...), false)
	f.Fuzz(func(t *testing.T, data []byte, behind bool) {
		if behind {
			data = append(slices.Clone(sound), data...)
		}
		d := diskWith(logName, data)
		read, tail, readErr := readAll[any](d, logName)
		log, records, cut, err := openAll[any](d, logName)
		if len(read) != len(records) || tail != cut || (err == nil) != (readErr == nil) {
			t.Fatalf("read: %d, %+v, %v; open: %d, %+v, %v", len(read), tail, readErr, len(records), cut, err)
		}
		if err != nil {
			if _, ok := errors.AsType[*journal.DamageError](err); !ok || !bytes.Equal(d.names[logName].cache, data) {
				t.Fatal("not refused as damage, or changed:", err)
			}
			return
		}
		if err := errors.Join(log.Append("a"), log.Commit(nil), log.Close()); err != nil {
			t.Fatal(err)
		}
		again, tail, err := readAll[any](d.crash(nothing), logName)
		if err != nil || tail != (journal.Tail{}) || len(again) != len(records)+2 {
			t.Fatalf("%d records after %d: %+v, %v", len(again), len(records), tail, err)
		}
	})
}
