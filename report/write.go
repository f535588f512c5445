package report

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/google/renameio/v2"
)

// CSV writes the report as a spreadsheet: a header, then one line for each row.
func (r Report) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	header := slices.Clone(columns)
	for _, name := range r.Extra {
		header = append(header, cell(name))
	}
	if err := out.Write(header); err != nil {
		return err
	}
	var cells []string
	for i := range r.Results {
		line := RowLine(r.Plan.Rows[i], r.Results[i], nil)
		cells = line.appendCells(cells[:0])
		for n := range r.Extra {
			cells = append(cells, extraCell(&r.Plan.Rows[i], n))
		}
		for n := range cells {
			cells[n] = cell(cells[n])
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// JSONL writes one JSON object a row, with exact values; see [Encoder].
func (r Report) JSONL(w io.Writer) error {
	out := Encoder(w)
	for i := range r.Results {
		if err := out.Encode(r.Line(i)); err != nil {
			return err
		}
	}
	return nil
}

// ErrFormat is a file whose name does not select a format.
var ErrFormat = errors.New("a report's name must end in .csv or .jsonl")

var errNotRegular = errors.New("not a regular file")

// CheckFile returns nil if a report can be written to path, else the reason. It
// is for finding out before a run.
func CheckFile(path string) error {
	if _, err := format(path); err != nil {
		return err
	}
	return CheckPlace(path)
}

// CheckPlace returns nil if [WriteFile] can write to path, else the reason.
func CheckPlace(path string) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return errNotRegular
	}
	if InPlace(path) {
		return checkInPlace(path)
	}
	folder, err := os.Stat(filepath.Dir(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("its folder does not exist")
	case err != nil:
		return fmt.Errorf("its folder: %w", bare(err))
	case !folder.IsDir():
		return errors.New("its folder is not a folder")
	}
	probe, err := temporary(path, 0o600)
	if err != nil {
		return fmt.Errorf("cannot create a file in its folder: %w", bare(err))
	}
	return probe.Cleanup()
}

func format(path string) (func(Report, io.Writer) error, error) {
	switch filepath.Ext(path) {
	case ".csv":
		return Report.CSV, nil
	case ".jsonl":
		return Report.JSONL, nil
	default:
		return nil, ErrFormat
	}
}

// WriteFile writes the report to a file whose extension selects the format. The
// file appears whole or not at all, is readable by its owner only, and is on disk
// when WriteFile returns.
func (r Report) WriteFile(path string) error {
	write, err := format(path)
	if err != nil {
		return err
	}
	return WriteFile(path, func(w io.Writer) error { return write(r, w) })
}

// WritePublicFile is [WriteFile] for what all users of this host may read: the
// mode is 0644.
func WritePublicFile(path string, write func(io.Writer) error) error {
	return writeFile(path, 0o644, write)
}

// WriteFile creates or replaces a file with what write writes, atomically and
// durably, with mode 0600. It replaces a symbolic link and does not follow it. It
// refuses to replace anything else, such as a device: that would be gone for
// everybody. A mount point cannot be replaced: it is written in place, and write
// may be called twice.
func WriteFile(path string, write func(io.Writer) error) error { return writeFile(path, 0o600, write) }

func writeFile(path string, mode fs.FileMode, write func(io.Writer) error) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return errNotRegular
	}
	if InPlace(path) {
		return writeInPlace(path, write)
	}
	return replaceOrWrite(path, mode, write)
}

// replaceOrWrite finds out by the rename that a file is a mount point.
func replaceOrWrite(path string, mode fs.FileMode, write func(io.Writer) error) error {
	err := replace(path, mode, write)
	if errors.Is(err, syscall.EBUSY) {
		return writeInPlace(path, write)
	}
	return err
}

// replace writes a temporary file and renames it into place.
func replace(path string, mode fs.FileMode, write func(io.Writer) error) error {
	file, err := temporary(path, mode)
	if err != nil {
		return bare(err)
	}
	defer func() { _ = file.Cleanup() }() // does nothing once it is in place
	buffer := bufio.NewWriterSize(file, 64<<10)
	err = write(buffer)
	if err == nil {
		err = buffer.Flush()
	}
	if err == nil {
		err = file.CloseAtomicallyReplace()
	}
	if err != nil {
		return bare(err)
	}
	return syncFolder(filepath.Dir(path))
}

// temporary creates the file that is to replace the one at path, in the same
// folder: the folder for temporary files may be open to others.
func temporary(path string, mode fs.FileMode) (*renameio.PendingFile, error) {
	return renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(mode))
}

// bare removes the name of the temporary file from err: it means nothing to the
// caller, who gave another name.
func bare(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok { // from the rename into place
		return e.Err
	}
	return err
}

// syncFolder makes a rename in a folder durable where the file system can do
// that. Some, of network shares above all, cannot sync a folder: the file is
// whole there even so.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	if err := errors.Join(err, folder.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}
