package runs

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A Holder says who holds a lock, by the holder's own note in the lock file. It
// is for messages only: the lock is the kernel's, and the note of a dead process
// stays in the file until the next holder overwrites it. What a note does not say
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

// maxNote bounds how much of a damaged lock file is read, in bytes, and
// maxCommand how much of a command is noted.
const (
	maxNote    = 4 << 10
	maxCommand = 1 << 10
)

// Note writes into the lock files which run holds them, for the message that
// others get. Failures are ignored.
func (l *Locks) Note(runID string) {
	host, _ := os.Hostname() // left out on failure
	note := Holder{os.Getpid(), host, userName(), l.command, runID, l.since.UTC().Truncate(time.Second)}
	if len(note.Command) > maxCommand {
		note.Command = ""
	}
	text, err := json.Marshal(note)
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, file := range l.files {
		_ = file.Truncate(0)
		_, _ = file.WriteAt(append(text, '\n'), 0)
	}
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
	text, err := io.ReadAll(io.NewSectionReader(file, 0, maxNote))
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
