package manifest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	stdutf16 "unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// A Writer writes a manifest that [Read] reads back to the same values: it
// neither alters them nor escapes them for spreadsheets. Only a CRLF inside a
// cell is read back as LF.
type Writer struct {
	// Encoding is utf-8 (or empty), utf-8-bom, utf-16 (little endian, with a
	// mark) or gb18030. Set it before the first Write. In gb18030 only
	// characters of up to two bytes are written: it is for spreadsheets that
	// read code page 936, where longer ones turn to garbage.
	Encoding string

	// Delimiter is a comma (or empty), a semicolon or tab. Set it before the
	// first Write.
	Delimiter string

	// Comment is what the first line says behind a #, if it is not empty. It must
	// not hold what separates or quotes cells: a spreadsheet would write it back
	// as cells, and [Read] takes a comment with as many cells as the header for a
	// row. Set it before the first Write.
	Comment string

	w       *bufio.Writer
	columns []string
	extra   []string

	cells []func(*Row) *string
	delim byte
	line  int // lines written
	buf   []byte
	err   error
}

// NewWriter returns a Writer of the named columns, followed by the user's own,
// extra, whose names begin with x_. The first Write returns an error if a name
// is not that of a manifest's column.
func NewWriter(w io.Writer, columns, extra []string) *Writer {
	return &Writer{w: bufio.NewWriter(w), columns: columns, extra: extra}
}

// Write writes one row. An [*Error] says which of its values cannot be written
// in this encoding, and on which line the row would have begun. After any error
// nothing more is written.
func (w *Writer) Write(row Row) error {
	if err := w.begin(); err != nil {
		return err
	}
	record := make([]string, 0, len(w.cells)+len(w.extra))
	for _, cell := range w.cells {
		record = append(record, *cell(&row))
	}
	for i := range w.extra {
		value := ""
		if i < len(row.Extra) {
			value = row.Extra[i]
		}
		record = append(record, value)
	}
	w.err = w.record(record)
	return w.err
}

// Flush writes what is buffered, and the header if no row was written.
func (w *Writer) Flush() error {
	if err := w.begin(); err != nil {
		return err
	}
	w.err = w.w.Flush()
	return w.err
}

// begin writes the byte order mark and the header, once.
func (w *Writer) begin() error {
	if w.err != nil || w.line > 0 {
		return w.err
	}
	w.err = w.setUp()
	if w.err != nil {
		return w.err
	}
	if w.Encoding == utf8BOM {
		w.buf = append(w.buf, '\xef', '\xbb', '\xbf')
	}
	if w.Encoding == utf16 {
		w.buf = append(w.buf, '\xff', '\xfe')
	}
	if w.Comment != "" {
		w.buf = w.encode(w.buf, "# "+w.Comment+"\n")
		w.line++
	}
	w.err = w.record(slices.Concat(w.columns, w.extra))
	return w.err
}

// setUp checks the encoding, the delimiter and the columns.
func (w *Writer) setUp() error {
	if !slices.Contains([]string{"", utf8n, utf8BOM, utf16, gb18030}, w.Encoding) {
		return fmt.Errorf("unknown encoding %q: want utf-8, utf-8-bom, utf-16 or gb18030", w.Encoding)
	}
	var err error
	if w.delim, err = parseDelimiter(w.Delimiter); err != nil {
		return err
	}
	if w.delim == 0 {
		w.delim = ','
	}
	for _, name := range w.columns {
		c := spellings()[fold(name)]
		if c == nil {
			return unknownColumn(name)
		}
		w.cells = append(w.cells, c.cell)
	}
	for _, name := range w.extra {
		if !isExtra(name) {
			return newProblem("column %s does not begin with x_", quote(name))
		}
	}
	if n := len(w.columns) + len(w.extra); n > maxColumns {
		return newProblem("%d columns, %d at most are read", n, maxColumns)
	}
	return w.checkComment()
}

func (w *Writer) checkComment() error {
	if strings.ContainsAny(w.Comment, delimiters+"\"\r\n") {
		return newProblem("the comment %s holds a delimiter, a quote or a line break", quote(w.Comment))
	}
	if len(w.Comment) >= maxRecord-len("# ") {
		return newProblem("the comment is longer than %d KiB", maxRecord>>10)
	}
	return w.fits(w.Comment)
}

// record writes one record of the file.
func (w *Writer) record(record []string) error {
	length := 0
	for i, value := range record {
		if i > 0 {
			w.buf = w.encode(w.buf, string(rune(w.delim)))
		}
		if err := w.fits(value); err != nil {
			return &Error{Line: w.line + 1, Column: slices.Concat(w.columns, w.extra)[i], Err: err}
		}
		cell := w.quoted(value, i == 0, len(record) == 1)
		length += len(cell) + 1
		w.buf = w.encode(w.buf, cell)
	}
	if length > maxRecord {
		return &Error{Line: w.line + 1, Err: newProblem("the row is longer than %d KiB", maxRecord>>10)}
	}
	w.buf = w.encode(w.buf, "\n")
	w.line++
	for _, value := range record {
		w.line += strings.Count(value, "\n")
	}
	_, err := w.w.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// quoted puts a cell in quotes if csv, our own reader (which skips blank lines
// and lines that begin with #) or a reader that trims needs them.
func (w *Writer) quoted(value string, first, alone bool) string {
	switch {
	case strings.ContainsAny(value, "\"\r\n"),
		strings.IndexByte(value, w.delim) >= 0,
		strings.TrimSpace(value) != value,
		first && strings.HasPrefix(value, "#"),
		alone && value == "":
		return `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
	}
	return value
}

var errNotText = errors.New("malformed UTF-8 or a NUL byte cannot be written")

// fits returns an error if a value cannot be written in the encoding.
func (w *Writer) fits(value string) error {
	if !utf8.ValidString(value) || strings.IndexByte(value, 0) >= 0 {
		return fmt.Errorf("%s: %w", quote(value), errNotText)
	}
	if w.Encoding != gb18030 {
		return nil
	}
	encoded, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(value))
	for rest := encoded; err == nil && len(rest) > 0; rest = rest[gb18030Size(rest):] {
		if gb18030Size(rest) > 2 {
			err = errMalformed
		}
	}
	if err == nil {
		decoded, _ := simplifiedchinese.GB18030.NewDecoder().Bytes(encoded)
		if bytes.Equal(decoded, []byte(value)) {
			return nil
		}
	}
	return newProblem("%s does not fit into gb18030 as spreadsheets read it", quote(value)).
		withHint("write utf-8-bom, which spreadsheets read too")
}

// encode appends text, which must fit, in the encoding.
func (w *Writer) encode(dst []byte, text string) []byte {
	switch w.Encoding {
	case utf16:
		for _, unit := range stdutf16.Encode([]rune(text)) {
			dst = append(dst, byte(unit), byte(unit>>8))
		}
		return dst
	case gb18030:
		encoded, _ := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
		return append(dst, encoded...)
	default:
		return append(dst, text...)
	}
}
