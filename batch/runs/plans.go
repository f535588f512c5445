package runs

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// A UsedError reports that a saved plan has been used before.
type UsedError struct {
	When string // of its first use, RFC 3339; may be empty
}

func (e *UsedError) Error() string {
	if e.When == "" {
		return "the plan was used before"
	}
	return "the plan was used before, on " + e.When
}

// Hint says what to do about it.
func (e *UsedError) Hint() string { return "plan again to see what is left to do" }

// UsePlan marks the saved plan with checksum sum as used, for the run with an
// id; "" if there is no run. It returns a [*UsedError] if the plan was used
// before: of several processes that try, one succeeds. The mark appears whole
// or not at all, and is on disk when UsePlan returns.
func (f *Folder) UsePlan(sum, run string, now time.Time) error {
	folder, err := f.subfolder(plansFolder)
	if err != nil {
		return f.fail(err)
	}
	defer func() { _ = folder.Close() }()
	text := strings.TrimSpace(now.UTC().Format(time.RFC3339)+" "+run) + "\n"
	err = mark(folder, planName(sum), text)
	if errors.Is(err, fs.ErrExist) {
		return usedBefore(folder, sum)
	}
	return f.fail(err)
}

// PlanUsed returns a [*UsedError] if a saved plan was used before, as UsePlan
// would, and changes nothing.
func (f *Folder) PlanUsed(sum string) error {
	var used error
	err := f.within(plansFolder, func(folder *os.Root) error {
		if _, err := folder.Lstat(planName(sum)); !errors.Is(err, fs.ErrNotExist) {
			used = usedBefore(folder, sum)
		}
		return nil
	})
	return cmp.Or(err, used)
}

func usedBefore(folder *os.Root, sum string) error {
	when, _ := readMark(folder, sum)
	return &UsedError{when} // a mark counts even if it cannot be read
}

// ForgetPlan lets a saved plan be used again if it was used for the run with an
// id. It does nothing if the plan is not used, or if its mark names another run
// or none. The run must have sent no call, and its lanes must be locked.
func (f *Folder) ForgetPlan(sum, run string) error {
	return f.within(plansFolder, func(folder *os.Root) error {
		if _, usedFor := readMark(folder, sum); usedFor == "" || usedFor != run {
			return nil
		}
		if err := folder.Remove(planName(sum)); err != nil {
			return err
		}
		return syncFolder(folder, ".")
	})
}

// planName is the file that marks a saved plan as used.
func planName(sum string) string { return strings.TrimPrefix(sum, "sha256:") }

// readMark reads when and for which run a plan was used, if its mark says so.
func readMark(folder *os.Root, sum string) (when, run string) {
	text, err := readFile(folder, planName(sum))
	if err != nil {
		return "", ""
	}
	when, run, _ = strings.Cut(strings.TrimSpace(string(text)), " ")
	return when, run
}

// mark creates a file, which must not exist yet, so that it appears whole or
// not at all, and durably.
func mark(folder *os.Root, name, text string) error {
	temp, err := prepare(folder, name, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
	if err != nil {
		return err
	}
	defer func() { _ = folder.Remove(temp) }()
	if err := folder.Link(temp, name); err != nil {
		return err
	}
	if err = syncFolder(folder, "."); err != nil {
		_ = folder.Remove(name) // leave nothing in the way of the next attempt
	}
	return err
}
