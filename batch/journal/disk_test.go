package journal_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"

	"imgrename/batch/journal"
)

// errStopped is what all calls return after the power is gone.
var errStopped = errors.New("the machine has stopped")

// A disk is a file system in memory that knows what is durable.
type disk struct {
	mu    sync.Mutex
	calls []string // those that can change something, in order
	// before may refuse a call, given its number from 1; nil lets all through.
	before func(call int, what string) error

	names, durable map[string]*inode
	entries        []entry // since the last SyncFolder
}

// An entry is a name and its file, nil once that is removed.
type entry struct {
	name string
	node *inode
}

type inode struct {
	cache, durable []byte
	writes         []write // since the last Sync
}

// A write without data sets the size to off.
type write struct {
	off  int64
	data []byte
}

func newDisk() *disk {
	return &disk{names: map[string]*inode{}, durable: map[string]*inode{}}
}

// diskWith has one durable file.
func diskWith(name string, data []byte) *disk {
	d := newDisk()
	node := &inode{cache: slices.Clone(data), durable: slices.Clone(data)}
	d.names[name], d.durable[name] = node, node
	return d
}

// stopAfter lets n more calls through.
func (d *disk) stopAfter(n int) {
	n += len(d.calls)
	d.before = func(call int, _ string) error {
		if call > n {
			return errStopped
		}
		return nil
	}
}

// do counts a call and does it, unless it is refused.
func (d *disk) do(what string, call func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, what)
	if d.before != nil {
		if err := d.before(len(d.calls), what); err != nil {
			return err
		}
	}
	return call()
}

func (e entry) apply(names map[string]*inode) {
	if names[e.name] = e.node; e.node == nil {
		delete(names, e.name)
	}
}

func (d *disk) enter(e entry) {
	e.apply(d.names)
	d.entries = append(d.entries, e)
}

func (d *disk) OpenFile(name string, flag int, _ fs.FileMode) (f journal.File, err error) {
	err = d.do("open", func() error {
		node := d.names[name]
		switch {
		case node == nil && flag&os.O_CREATE == 0:
			return fs.ErrNotExist
		case node != nil && flag&os.O_EXCL != 0:
			return fs.ErrExist
		case node == nil:
			node = &inode{}
			d.enter(entry{name, node})
		}
		f = open{d, node}
		return nil
	})
	return f, err
}

func (d *disk) Remove(name string) error {
	return d.do("remove", func() error { d.enter(entry{name, nil}); return nil })
}

func (d *disk) Names() (names []string, err error) {
	err = d.do("names", func() error { names = sorted(d.names); return nil })
	return names, err
}

// caches returns what a reader finds in each file.
func (d *disk) caches() map[string]string {
	all := make(map[string]string)
	for name, node := range d.names {
		all[name] = string(node.cache)
	}
	return all
}

func (d *disk) SyncFolder() error {
	return d.do("sync folder", func() error {
		for _, e := range d.entries {
			e.apply(d.durable)
		}
		d.entries = nil
		return nil
	})
}

// crash returns the disk as found afterwards. keep says which of the unsynced
// pieces survive: part counts the changes, of which it is one or, for the bytes
// written, a piece. All of them is what the death of the process leaves.
func (d *disk) crash(keep func(part, piece int) bool) *disk {
	after, part := newDisk(), 0
	found := map[string]*inode{}
	for name, node := range d.durable {
		found[name] = node
	}
	for _, e := range d.entries {
		if part++; keep(part, 0) {
			e.apply(found)
		}
	}
	for _, name := range sorted(found) {
		node := found[name]
		data := slices.Clone(node.durable)
		for _, w := range node.writes {
			part++
			data = w.apply(data, func(piece int) bool { return keep(part, piece) })
		}
		kept := &inode{cache: data, durable: slices.Clone(data)}
		after.names[name], after.durable[name] = kept, kept
	}
	return after
}

func sorted(names map[string]*inode) (list []string) {
	for name := range names {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// apply writes the pieces that are kept: 0 is the size, 1 the first byte.
func (w write) apply(to []byte, keep func(piece int) bool) []byte {
	if w.data == nil {
		if !keep(0) {
			return to
		}
		return append(to, make([]byte, max(0, w.off-int64(len(to))))...)[:w.off]
	}
	grow := func(end int64) { to = append(to, make([]byte, max(0, end-int64(len(to))))...) }
	if keep(0) {
		grow(w.off + int64(len(w.data)))
	}
	for i, b := range w.data {
		if keep(i + 1) {
			grow(w.off + int64(i) + 1)
			to[w.off+int64(i)] = b
		}
	}
	return to
}

func (d *disk) pieces() (n int) {
	d.crash(func(int, int) bool { n++; return true })
	return n
}

func (d *disk) parts() (n int) {
	d.crash(func(part, _ int) bool { n = part; return true })
	return n
}

type open struct {
	disk *disk
	node *inode
}

func (f open) write(w write) {
	f.node.cache = w.apply(f.node.cache, func(int) bool { return true })
	f.node.writes = append(f.node.writes, w)
}

func (f open) ReadAt(p []byte, off int64) (n int, err error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if off < int64(len(f.node.cache)) {
		n = copy(p, f.node.cache[off:])
	}
	if n < len(p) {
		err = io.EOF
	}
	return n, err
}

func (f open) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.disk.do("write", func() error { f.write(write{off, slices.Clone(p)}); n = len(p); return nil })
	return n, err
}

func (f open) Truncate(size int64) error {
	return f.disk.do("truncate", func() error { f.write(write{off: size}); return nil })
}

func (f open) Sync() error {
	return f.disk.do("sync", func() error {
		for _, w := range f.node.writes {
			f.node.durable = w.apply(f.node.durable, func(int) bool { return true })
		}
		f.node.writes = nil
		return nil
	})
}

func (f open) Reserve(int64) error { return f.disk.do("reserve", func() error { return nil }) }
func (f open) Close() error        { return f.disk.do("close", func() error { return nil }) }
