package manifest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxRecord bounds one record, in bytes of UTF-8. The longest legal row is far
// shorter; a record whose quote is never closed soon exceeds it.
const maxRecord = 64 << 10

// records splits decoded text into records and hands them to encoding/csv one
// at a time. So the line, the number of cells and the end of a record are
// known, its length is bounded before csv buffers it, and csv sees no blank
// lines or comments. It ends a record exactly where csv does.
type records struct {
	src     *bufio.Reader
	delim   byte // 0 until the header is found
	columns int  // cells of the header, 0 until it is read

	line   int    // lines read so far
	start  int    // the line on which the record begins
	end    int    // the line on which it ends
	fields int    // its cells
	blank  bool   // none of them is filled
	text   []byte // all of it
	unread []byte // what csv has not read yet

	unbroken      bool // the last line of the file has no line break
	strayCR       int  // the first line with a CR in it that is not in quotes; 0 if none
	commentHeader int  // a line that would be the header without its #; 0 if none
}

// A recordKind is what next found.
type recordKind uint8

const (
	noMore      recordKind = iota
	aRow                   // a record to decode
	aCommentRow            // a # line with as many cells as the header
)

// Read gives csv the record that next found, and no more.
func (r *records) Read(p []byte) (int, error) {
	if len(r.unread) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

// next moves to the next record. An [*Error] refuses the file at this place;
// any other error comes from the stream.
func (r *records) next() (recordKind, error) {
	for {
		r.text = r.text[:0]
		line, err := r.readLine()
		if err == io.EOF {
			return noMore, nil
		}
		if err != nil {
			return noMore, r.refuse(err)
		}
		r.start = r.line
		switch {
		case len(line) == 0:
		case line[0] == '#':
			r.noteCR(bytes.IndexByte(line, '\r') >= 0)
			if r.columns > 0 && r.countFields(line) == r.columns {
				return aCommentRow, nil
			}
			if r.columns == 0 && isHeader(line[1:]) {
				r.commentHeader = r.line
			}
		case r.columns == 0 && isSeparatorLine(line):
			if err := r.separator(line); err != nil {
				return noMore, r.refuse(err)
			}
		default:
			return r.record(line)
		}
	}
}

// record reads on until the record that begins with line is complete.
func (r *records) record(line []byte) (recordKind, error) {
	if r.columns == 0 && len(bytes.Trim(line, blanks+delimiters+`"`)) == 0 {
		r.end, r.blank = r.line, true // and any of the delimiters
		return aRow, nil
	}
	if r.delim == 0 {
		var err error
		if r.delim, err = chooseDelimiter(line); err != nil {
			return noMore, r.refuse(err)
		}
	}
	s := scanner{delim: r.delim}
	opened := r.line
	for s.scan(line); s.state == inQuotes; s.scan(line) {
		if s.opened {
			opened = r.line
		}
		var err error
		r.noteCR(s.strayCR)
		if line, err = r.readLine(); err != nil {
			return noMore, r.refuse(r.inQuotes(err, opened))
		}
	}
	r.noteCR(s.strayCR)
	r.end = r.line
	r.fields = s.fields
	r.blank = !s.filled && s.state != inBroken
	r.unread = r.text
	return aRow, nil
}

// noteCR notes whether the line at hand has a CR outside quotes. Two rows may be
// in one, or a comment may hide one.
func (r *records) noteCR(stray bool) {
	if stray && r.strayCR == 0 {
		r.strayCR = r.line
	}
}

// inQuotes is the error of a record with an open quote whose next line cannot
// be read because of err.
func (r *records) inQuotes(err error, opened int) error {
	switch {
	case err == io.EOF:
		return newProblem("the quote opened in line %d is never closed", opened).notRead()
	case errors.Is(err, errTooLong):
		r.line = r.start
		return newProblem("the record that begins here is longer than %d KiB", maxRecord>>10).notRead().
			withHint("is the quote opened in line %d closed?", opened)
	}
	return err
}

var errTooLong = newProblem("a line is longer than %d KiB", maxRecord>>10).notRead().
	withHint("is this a CSV file?")

var errNUL = newProblem("a NUL byte: this is not a text file").notRead().
	withHint("a UTF-16 file must begin with its byte order mark, or be named with --encoding utf-16")

// readLine appends the next line to text and returns it without its line break.
// The error is io.EOF only if there is no line.
func (r *records) readLine() ([]byte, error) {
	begin := len(r.text)
	for {
		chunk, err := r.src.ReadSlice('\n')
		r.text = append(r.text, chunk...)
		switch {
		case err != nil && err != bufio.ErrBufferFull && err != io.EOF:
			r.line++
			return nil, err
		case len(r.text) == begin:
			return nil, io.EOF
		case len(r.text) > maxRecord:
			r.line++
			return nil, errTooLong
		case bytes.IndexByte(chunk, 0) >= 0:
			r.line++
			return nil, errNUL
		case err == bufio.ErrBufferFull:
			continue
		}
		r.line++
		if r.unbroken = err == io.EOF; r.unbroken {
			r.text = append(r.text, '\n')
		}
		line := bytes.TrimSuffix(r.text[begin:], []byte("\n"))
		return bytes.TrimSuffix(line, []byte("\r")), nil
	}
}

// refuse adds the line where reading stopped to a problem or a stream's error.
func (r *records) refuse(err error) error {
	if p, ok := errors.AsType[*problem](err); ok {
		return &Error{Line: max(r.line, 1), Err: p}
	}
	return fmt.Errorf("read the manifest, line %d: %w", max(r.line, 1), err)
}
