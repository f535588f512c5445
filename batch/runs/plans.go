package runs

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"
)

// A UsedError tells that a saved plan has been used before.
type UsedError struct {
	Sum  string
	When string // as written then, RFC 3339; may be empty
}

func (e *UsedError) Error() string {
	if e.When == "" {
		return "the plan was used before"
	}
	return "the plan was used before, on " + e.When
}

// Hint names the way out.
func (e *UsedError) Hint() string { return "plan again and look at what is left to be done" }

// plansFolder is where the used plans are, a file each, named by the plan's sum.
const plansFolder = "plans"

// UsePlan remembers that a saved plan is used from now on. It returns a
// [*UsedError] if it was used before: of several processes that try, one wins.
// The mark is on disk when UsePlan returns.
func (f *Folder) UsePlan(sum string, now time.Time) error {
	folder, err := f.makeRoom(plansFolder)
	if err != nil {
		return f.fail(err)
	}
	defer func() { _ = folder.Close() }()
	name := planName(sum)
	err = mark(folder, name, now.UTC().Format(time.RFC3339)+"\n")
	if errors.Is(err, fs.ErrExist) {
		when, _ := readFile(folder, name) // a mark that cannot be read is a mark
		return &UsedError{sum, strings.TrimSpace(string(when))}
	}
	if err != nil {
		return f.fail(err)
	}
	return nil
}

// ForgetPlan lets a saved plan be used again: nothing came of its use.
func (f *Folder) ForgetPlan(sum string) error {
	folder, err := openFolder(f.root, plansFolder)
	if err != nil {
		return f.fail(err)
	}
	defer func() { _ = folder.Close() }()
	err = folder.Remove(planName(sum))
	if err == nil {
		err = syncFolder(folder, ".")
	}
	if err != nil {
		return f.fail(err)
	}
	return nil
}

// planName is the file that marks a saved plan as used.
func planName(sum string) string { return strings.TrimPrefix(sum, "sha256:") }

// mark makes a file that must not be there yet, durably.
func mark(folder *os.Root, name, text string) error {
	file, err := folder.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = syncFolder(folder, ".")
	}
	if err != nil {
		_ = folder.Remove(name) // leave nothing in the way of the next attempt
	}
	return err
}
