package runs

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// A note is who holds a lock, as the lock file says. It is for messages only:
// the lock is the kernel's, and what a dead process noted stays in the file
// until the next holder writes over it.
type note struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host,omitempty"`
	Run   string    `json:"run,omitempty"`
	Since time.Time `json:"since"`
}

// maxNote bounds what is read of a damaged lock file.
const maxNote = 4 << 10

// Note writes into the lock files which run holds them, for the message that
// others get. That it cannot is no reason to stop.
func (l *Locks) Note(runID string) {
	host, _ := os.Hostname() // left out then
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

// holder reads who holds a lock, empty if the file does not say. Nothing that
// is not as we write it gets into the text.
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
