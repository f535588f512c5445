package report

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// CSV writes the report as a sheet: a header, then one line for each row.
func (r Report) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	header := append([]string(nil), columns...)
	for _, name := range r.Extra {
		header = append(header, cell(name))
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for i := range r.Results {
		line := r.Line(i)
		cells := line.cells()
		for _, name := range r.Extra {
			cells = append(cells, line.Extra[name])
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

// JSONL writes the report as one JSON object a line, with exact values.
func (r Report) JSONL(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for i := range r.Results {
		if err := out.Encode(r.Line(i)); err != nil {
			return err
		}
	}
	return nil
}

// CheckFile tells ahead of a run whether a report can be written to path. It
// returns the reason if not.
func CheckFile(path string) error {
	if _, err := format(path); err != nil {
		return err
	}
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return errors.New("not a regular file")
	}
	folder, err := os.Stat(filepath.Dir(path))
	switch {
	case err != nil:
		return errors.New("its folder does not exist")
	case !folder.IsDir():
		return errors.New("its folder is not a folder")
	}
	probe, err := renameio.NewPendingFile(path, renameio.WithStaticPermissions(0o600))
	if err != nil {
		return errors.New("its folder is not writable")
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
		return nil, errors.New("a report's name ends in .csv or .jsonl")
	}
}

// WriteFile writes the report to a file whose ending tells the format. The
// file appears whole or not at all, is readable by its owner only, and is on
// disk when WriteFile returns.
func (r Report) WriteFile(path string) error {
	write, err := format(path)
	if err != nil {
		return err
	}
	return WriteFile(path, func(w io.Writer) error { return write(r, w) })
}

// WriteFile makes or replaces a file by what write writes, atomically and
// durably, with mode 0600.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	file, err := renameio.NewPendingFile(path, renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer func() { _ = file.Cleanup() }() // does nothing once it is in place
	buffer := bufio.NewWriterSize(file, 64<<10)
	if err := write(buffer); err != nil {
		return err
	}
	if err := buffer.Flush(); err != nil {
		return err
	}
	if err := file.CloseAtomicallyReplace(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a rename in a folder durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}
