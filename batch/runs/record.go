package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// The two files of a run that this package writes, both JSON.
const (
	headFile = "head.json"
	endFile  = "end.json"
)

// version is the version of both files. It changes when an older program would
// misread them, not with a field that an older program may ignore.
const version = 2

// A Head says what a run is about, before it does anything. It is stored in
// head.json with the version, the run's id and its start time.
type Head struct {
	Job    string   `json:"job"`    // hash of the resolved rows
	Source string   `json:"source"` // the manifest or plan as the user named it
	Lanes  []string `json:"lanes"`  // as given to [Folder.Lock]
	Rows   int      `json:"rows"`
	Tool   string   `json:"tool"` // name and version of the program
	// Plan is the checksum of the saved plan that the run applies, if any.
	Plan string `json:"plan,omitempty"`
	// Manifest is the SHA-256 of the manifest in hex, "" if there is none, and Shard
	// the part of its regions that the run is about, such as 1/4; "" for all.
	Manifest string `json:"manifest,omitempty"`
	Shard    string `json:"shard,omitempty"`
	// MaxFailures and MaxFailurePercent are how many rows may fail, and how many
	// percent of them, until the run stops; 0 is no limit.
	MaxFailures       int     `json:"max_failures,omitempty"`
	MaxFailurePercent float64 `json:"max_failure_percent,omitempty"`
}

// A Summary says how a run ended. It is stored in end.json with the version and
// the run's id.
type Summary struct {
	Ended  time.Time      `json:"ended"`
	Code   int            `json:"code"`   // exit code
	Counts map[string]int `json:"counts"` // rows by outcome
	Why    string         `json:"why"`    // why it stopped early, empty if it did not
	// Pending says that something is left to resume.
	Pending bool `json:"pending"`
	// Boot and Up say when it ended by a clock that cannot be set: in which boot
	// of which host, and how long after that began. They are zero if that is not
	// known.
	Boot string        `json:"-"` // for other processes, not for people
	Up   time.Duration `json:"-"`
}

// stored is what both files begin with.
type stored struct {
	Version int    `json:"version"`
	Run     string `json:"run"`
}

type storedHead struct {
	stored
	Started time.Time `json:"started"`
	Head
}

type storedEnd struct {
	stored
	Summary
	Boot string        `json:"boot,omitempty"`
	Up   time.Duration `json:"up,omitempty"`
}

// summary returns all that is stored of an end.
func (e *storedEnd) summary() *Summary {
	e.Summary.Boot, e.Summary.Up = e.Boot, e.Up
	return &e.Summary
}

// A DamagedError says what is wrong with the folder of one run.
type DamagedError struct {
	ID   string
	File string // in the folder; empty if the folder itself is wrong
	Err  error
}

func (e *DamagedError) Error() string {
	if e.File == "" {
		return fmt.Sprintf("run %s: %v", e.ID, e.Err)
	}
	return fmt.Sprintf("run %s: %s: %v", e.ID, e.File, e.Err)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// Hint says what to do about it; it is empty if nothing was done.
func (e *DamagedError) Hint() string {
	switch {
	case errors.Is(e.Err, errNotBegun):
		return ""
	case errors.Is(e.Err, errNewer):
		return "use the version that wrote it, or a later one"
	}
	return fmt.Sprintf("what it did is no longer certain: check its images, then move runs/%s out of the state folder", e.ID)
}

var (
	errNotBegun = errors.New("it stopped before it began: nothing was done")
	errNewer    = errors.New("it was written by a later version")
)

// maxRecord bounds how much of a damaged file is read, in bytes.
const maxRecord = 4 << 20

// writeRecord writes one of the two files.
func writeRecord(root *os.Root, name string, v any) error {
	return writeFile(root, name, func(w io.Writer) error {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(v)
	})
}

// readRecord reads one of the two files. If the file does not exist the error
// wraps fs.ErrNotExist, else it is a [*DamagedError].
func readRecord(root *os.Root, id, name string, v any) error {
	text, err := readFile(root, name)
	if err == nil {
		err = decode(text, id, v)
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &DamagedError{id, name, bare(err)}
}

func readFile(root *os.Root, name string) ([]byte, error) {
	file, err := openFile(root, name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxRecord+1))
	if err == nil && len(text) > maxRecord {
		err = fmt.Errorf("it is longer than %d bytes", maxRecord)
	}
	return text, err
}

// decode decodes a record, which must be that of the run with an id.
func decode(text []byte, id string, v any) error {
	var first stored
	if err := json.Unmarshal(text, &first); err != nil {
		return err
	}
	if first.Version > version {
		return errNewer
	}
	if first.Version < 1 || first.Run == "" {
		return errors.New("it has no version or no run id")
	}
	if first.Run != id {
		return fmt.Errorf("it belongs to run %q", first.Run)
	}
	return json.Unmarshal(text, v)
}
