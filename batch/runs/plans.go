package runs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A UsedError tells that a saved plan has been used before.
type UsedError struct {
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
// It holds the time and the id of the run that the plan was used for, if there
// was one.
const plansFolder = "plans"

// UsePlan remembers that a saved plan is used from now on, for the run of an id;
// "" if there is none. It returns a [*UsedError] if it was used before: of
// several processes that try, one wins. The mark appears whole or not at all,
// and is on disk when UsePlan returns.
func (f *Folder) UsePlan(sum, run string, now time.Time) error {
	folder, err := f.makeRoom(plansFolder)
	if err != nil {
		return f.fail(err)
	}
	defer func() { _ = folder.Close() }()
	text := strings.TrimSpace(now.UTC().Format(time.RFC3339)+" "+run) + "\n"
	err = mark(folder, planName(sum), text)
	if errors.Is(err, fs.ErrExist) {
		return usedBefore(folder, sum)
	}
	if err != nil {
		return f.fail(err)
	}
	return nil
}

// PlanUsed returns a [*UsedError] if a saved plan was used before, as UsePlan
// would; it changes nothing.
func (f *Folder) PlanUsed(sum string) error {
	folder, err := openFolder(f.root, plansFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return f.fail(err)
	}
	defer func() { _ = folder.Close() }()
	if _, err := folder.Lstat(planName(sum)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return usedBefore(folder, sum)
}

func usedBefore(folder *os.Root, sum string) error {
	when, _ := readMark(folder, sum)
	return &UsedError{when} // a mark that cannot be read is a mark
}

// ForgetPlan lets a saved plan be used again that was used for the run of an id:
// nothing came of that. It does nothing if the plan is not used, or was for
// another run or before marks told that. The run's lanes have to be locked.
func (f *Folder) ForgetPlan(sum, run string) error {
	folder, err := openFolder(f.root, plansFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return f.fail(err)
	}
	defer func() { _ = folder.Close() }()
	if _, usedFor := readMark(folder, sum); usedFor == "" || usedFor != run {
		return nil
	}
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

// readMark reads when a plan was used and for which run, as far as its mark
// tells.
func readMark(folder *os.Root, sum string) (when, run string) {
	text, err := readFile(folder, planName(sum))
	if err != nil {
		return "", ""
	}
	when, run, _ = strings.Cut(strings.TrimSpace(string(text)), " ")
	return when, run
}

// mark makes a file that must not be there yet, so that it is there whole or not
// at all, and durably.
func mark(folder *os.Root, name, text string) error {
	file, err := temporary(folder, name)
	if err != nil {
		return err
	}
	temp := filepath.Base(file.Name())
	defer func() { _ = folder.Remove(temp) }()
	err = fill(file, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
	if err == nil {
		err = folder.Link(temp, name)
	}
	if err != nil {
		return err
	}
	if err = syncFolder(folder, "."); err != nil {
		_ = folder.Remove(name) // leave nothing in the way of the next attempt
	}
	return err
}
