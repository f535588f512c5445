package runs

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// A note in the lock file says who holds the lock. It is for messages only: the
// lock is the kernel's, and the note of a dead process stays in the file until
// the next holder overwrites it.
type note struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host,omitempty"`
	Run   string    `json:"run,omitempty"`
	Since time.Time `json:"since"`
}

// maxNote bounds how much of a damaged lock file is read, in bytes.
const maxNote = 4 << 10

// Note writes into the lock files which run holds them, for the message that
// others get. Failures are ignored.
func (l *Locks) Note(runID string) {
	host, _ := os.Hostname() // left out on failure
	text, err := json.Marshal(note{os.Getpid(), host, runID, l.since.UTC().Truncate(time.Second)})
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

// holder returns who holds a lock, empty if the file does not say. It passes on
// only text of the form that Note writes.
func holder(file *os.File) string {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, maxNote))
	if err != nil {
		return ""
	}
	var n note
	if json.Unmarshal(text, &n) != nil || n.PID <= 0 {
		return ""
	}
	who := fmt.Sprintf("process %d", n.PID)
	if n.Host != "" && strings.Trim(strings.ToLower(n.Host), "abcdefghijklmnopqrstuvwxyz0123456789.-_") == "" {
		who += " on " + n.Host
	}
	if validID(n.Run) {
		who += ", run " + n.Run
	}
	if !n.Since.IsZero() {
		who += ", since " + n.Since.UTC().Format(time.RFC3339)
	}
	return who
}
