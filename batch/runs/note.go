package runs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"golang.org/x/sync/errgroup"
)

// A Holder says who holds a lock, by the holder's own note in the lock file. It
// is for messages only: the lock is the kernel's, and a note stays in the file until
// the next holder overwrites it. What a note does not say
// is zero: earlier versions did not write all of it.
type Holder struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host,omitempty"`
	User    string    `json:"user,omitempty"`
	Command string    `json:"command,omitempty"` // [Folder.Command]
	Run     string    `json:"run,omitempty"`     // "" before there is one
	Since   time.Time `json:"since"`
}

// String returns who it is in words, printable; "" if that is not known.
func (h Holder) String() string {
	if h.PID == 0 {
		return ""
	}
	who := h.process()
	if h.Run != "" {
		who += ", run " + h.Run
	}
	return who + h.since()
}

// OfRun is String without the run, for those who know it.
func (h Holder) OfRun() string {
	if h.PID == 0 {
		return ""
	}
	return h.process() + h.since()
}

func (h Holder) process() string {
	who := fmt.Sprintf("process %d", h.PID)
	if h.User != "" {
		who += " of " + h.User
	}
	if h.Host != "" {
		who += " on " + h.Host
	}
	if h.Command != "" {
		who += " (" + h.Command + ")"
	}
	return who
}

func (h Holder) since() string {
	if h.Since.IsZero() {
		return ""
	}
	return ", since " + h.Since.UTC().Format(time.RFC3339)
}

// noteSize is the size of every note, in bytes: one is written over the other in
// place, so that a reader never finds less than a whole one. maxCommand is how much
// of a command is noted.
const (
	noteSize   = 4 << 10
	maxCommand = 1 << 10
)

// checksAtOnce bounds how many lock files are written at the same time.
const checksAtOnce = 16

// Note writes into the lock files which run holds them, for the message that
// others get. Failures are ignored.
func (l *Locks) Note(runID string) {
	host, _ := os.Hostname() // left out on failure
	note := noteOf(Holder{os.Getpid(), host, userName(), l.command, runID, l.since.UTC().Truncate(time.Second)})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.note = note
	_ = l.write(l.shared) // other hosts see it once it is synced
}

// noteOf returns a note of noteSize bytes. A command that is too long is left out.
func noteOf(h Holder) []byte {
	if len(h.Command) > maxCommand {
		h.Command = ""
	}
	text, err := json.Marshal(h)
	if err == nil && len(text) >= noteSize { // escapes can make it six times as long
		h.Command = ""
		text, err = json.Marshal(h)
	}
	if err != nil || len(text) >= noteSize {
		text = nil
	}
	return append(append(text, bytes.Repeat([]byte(" "), noteSize-1-len(text))...), '\n')
}

// write writes the note over the one in each lock file, by the very descriptors
// that hold the locks. The caller holds mu.
func (l *Locks) write(sync bool) error {
	var all errgroup.Group
	all.SetLimit(checksAtOnce)
	for _, file := range l.files {
		all.Go(func() error {
			if _, err := file.WriteAt(l.note, 0); err != nil || !sync {
				return err
			}
			return file.Sync()
		})
	}
	return all.Wait()
}

// A LostError reports that the locks of a run may be another host's by now.
type LostError struct{ Err error }

func (e *LostError) Error() string {
	if errors.Is(e.Err, syscall.EIO) || errors.Is(e.Err, syscall.ESTALE) {
		return "another host took over: the locks of this run are gone: " + bare(e.Err).Error()
	}
	return "the locks of this run cannot be checked: " + bare(e.Err).Error()
}

func (e *LostError) Unwrap() error { return e.Err }

// Hint says how to find out.
func (e *LostError) Hint() string {
	return "imgrename runs says who works on it; leave the run to that process"
}

// Check returns a [*LostError] unless the locks are still held. The server of a
// shared folder gives a lock to another host if this one was cut off for too long.
// This one then may not write by the descriptor that had the lock (tried on NFS 4.0
// and 4.2; to lock or open the file once more does not tell). The locks in a folder
// of this host's own cannot be lost.
func (l *Locks) Check() error {
	if !l.shared {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.write(true); err != nil {
		return &LostError{err}
	}
	return nil
}

// userName returns whose process this is; a container may know only a number.
func userName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}

// holder returns who holds a lock, empty if the file does not say.
func holder(file *os.File) string { return readNote(file).String() }

// readNote reads the note in a lock file. It passes on only text of the form that
// Note writes. Its PID is 0 if there is no such note.
func readNote(file *os.File) Holder {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, noteSize))
	if err != nil {
		return Holder{}
	}
	var h Holder
	if json.Unmarshal(text, &h) != nil || h.PID <= 0 {
		return Holder{}
	}
	if !isWord(h.Host) {
		h.Host = ""
	}
	if !isWord(h.User) {
		h.User = ""
	}
	if !validID(h.Run) {
		h.Run = ""
	}
	if strings.ContainsFunc(h.Command, func(r rune) bool { return !unicode.IsPrint(r) }) {
		h.Command = ""
	}
	return h
}

// isWord reports whether a text may be the name of a host or a user.
func isWord(s string) bool {
	return strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789.-_+@\\") == ""
}

// Holder returns who is at work on a run: the holder of one of its lanes whose
// note names the run. Its PID is 0 if there is none.
func (f *Folder) Holder(info Info) Holder {
	for _, lane := range info.Head.Lanes {
		if h := f.holderOf(lane); h.Run == info.ID && f.isLocked(lane) {
			return h
		}
	}
	return Holder{}
}

// holderOf reads the note in a lane's lock file.
func (f *Folder) holderOf(lane string) (h Holder) {
	_ = f.within(locksFolder, func(folder *os.Root) error {
		file, err := openFile(folder, lockName(lane), os.O_RDONLY)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		h = readNote(file)
		return nil
	})
	return h
}
