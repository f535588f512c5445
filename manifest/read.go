package manifest

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"slices"

	"github.com/gocarina/gocsv"
)

// maxProblems bounds how many problems of a bad file are kept.
const maxProblems = 100_000

// Read reads a whole manifest and finds all its problems in one pass. They are
// in [File.Problems]; the error is only for invalid options and for a stream
// that fails. The file is never nil: after an error it holds what was read.
//
// Whatever the input, Read needs constant memory apart from the rows and
// problems that it returns.
func Read(r io.Reader, o Options) (*File, error) {
	d := &reader{options: o, file: &File{}, lanes: make(map[[2]string]*lane)}
	err := d.read(r)
	if refusal, ok := errors.AsType[*Error](err); ok {
		d.file.Problems = append(d.file.Problems, refusal)
		return d.file, nil
	}
	return d.file, err
}

// reader is the state of one Read.
type reader struct {
	options Options
	file    *File
	text    *text
	records *records
	csv     *csv.Reader
	rows    *gocsv.Unmarshaller
	layout  *layout
	lanes   map[[2]string]*lane // by profile and region
	kept    rowList

	count      int      // rows so far, good or bad
	blanks     int      // rows so far of blank cells, which are skipped
	firstBlank *Error   // the warning about them
	broken     []*Error // problems of the row at hand
}

// read returns an [*Error] if the file was refused where reading stopped. Any
// other error is that of the options or the stream.
func (d *reader) read(r io.Reader) error {
	delim, err := parseDelimiter(d.options.Delimiter)
	if err != nil {
		return err
	}
	if err := checkEncoding(d.options.Encoding); err != nil {
		return err
	}
	d.text, err = newText(r, d.options.Encoding)
	d.records = &records{src: bufio.NewReader(newLineBreaks(d.text)), delim: delim}
	if err != nil {
		return d.records.refuse(err)
	}
	defer d.deliver()
	if err := d.readHeader(); err != nil {
		return err
	}
	return d.readRows()
}

func (d *reader) readRows() error {
	for {
		kind, err := d.next()
		if err != nil {
			return err
		}
		if kind == noMore {
			d.finish()
			return nil
		}
		if err := d.readRow(kind); err != nil {
			return err
		}
	}
}

// next moves to the next record that is not blank. A CR that is neither part of
// a line break nor in quotes refuses the file.
func (d *reader) next() (recordKind, error) {
	for {
		kind, err := d.records.next()
		if at := d.records.strayCR; at > 0 {
			return noMore, &Error{Line: at, Err: newProblem("a CR in the line that is not in quotes").notRead().withHint(oneKind)}
		}
		if kind != aRow || !d.records.blank {
			return kind, err
		}
		if d.blanks++; d.blanks == 1 {
			d.firstBlank = &Error{Line: d.records.start}
			d.file.Warnings = append(d.file.Warnings, d.firstBlank)
		}
	}
}

// tellBlanks completes the one warning for all rows that were skipped.
func (d *reader) tellBlanks() {
	switch d.blanks {
	case 0:
	case 1:
		d.firstBlank.Err = newProblem("a row of blank cells is skipped")
	default:
		d.firstBlank.Err = newProblem("%d rows of blank cells are skipped, the first of them here", d.blanks)
	}
}

// deliver fills in the file what was read and how.
func (d *reader) deliver() {
	d.tellBlanks()
	d.file.Encoding = d.text.encoding
	if d.file.Encoding == "" && !d.text.detected {
		d.file.Encoding = utf8n // ASCII throughout
	}
	d.file.Delimiter = rune(d.records.delim)
	d.lanes = nil // free it before the rows are copied
	d.file.Rows = d.kept.take()
}

// readHeader reads the first record and reports all that is wrong with it.
func (d *reader) readHeader() error {
	kind, err := d.next()
	if err != nil {
		return err
	}
	if kind == noMore {
		return d.records.refuse(d.noHeader())
	}
	d.csv = csv.NewReader(d.records)
	d.csv.Comma = rune(d.records.delim)
	d.csv.FieldsPerRecord = -1 // counted by records
	if d.records.fields > maxColumns {
		return d.records.refuse(newProblem("the header has %d columns, %d at most are read", d.records.fields, maxColumns).notRead())
	}
	d.rows, err = gocsv.NewUnmarshaller(d.csv, &Row{})
	if err != nil {
		return d.records.refuse(d.strayQuote(err).notRead())
	}
	header := slices.Clone(d.rows.Headers)
	d.csv.ReuseRecord = true
	return d.layOut(header)
}

// noHeader is the problem of a file that ends before its header.
func (d *reader) noHeader() *problem {
	if d.records.line == 0 {
		return newProblem("no header: the file is empty")
	}
	p := newProblem("no header: there are only blank lines and comments")
	if at := d.records.commentHeader; at > 0 {
		return p.withHint("line %d would be one without its #", at)
	}
	return p
}

// layOut reads the header and tells gocsv what the columns are.
func (d *reader) layOut(header []string) error {
	d.layout = readLayout(header, func(cell int, p *problem) {
		d.file.Problems = append(d.file.Problems, &Error{Line: d.cellLine(cell), Err: p})
	})
	if len(d.layout.known) == 0 {
		d.file.Problems = nil
		return d.records.refuse(notAHeader(header, d.records.commentHeader))
	}
	for _, p := range d.layout.missing(d.options) {
		d.file.Problems = append(d.file.Problems, &Error{Line: d.cellLine(len(header) - 1), Err: p})
	}
	d.file.Extra = d.layout.extra
	d.records.columns = len(header)
	return d.rows.RenormalizeHeaders(func([]string) []string { return d.layout.keys })
}

// cellLine is the line on which a cell of the record at hand begins.
func (d *reader) cellLine(cell int) int {
	first, _ := d.csv.FieldPos(0)
	line, _ := d.csv.FieldPos(cell)
	return d.records.start + line - first
}

// readRow decodes and checks the record at hand. It fails if reading must stop.
func (d *reader) readRow(kind recordKind) error {
	d.count++
	d.broken = nil
	var row *Row // nil if it cannot be read
	if kind == aCommentRow {
		d.blame(d.records.start, "", newProblem("a comment with as many cells as the header, like a disabled row").
			withHint("remove its # to do the row, or delete the line; a comment has fewer %s", quote(string(d.records.delim))))
	} else if decoded, err := d.decode(); err != nil {
		if !errors.Is(err, csv.ErrBareQuote) {
			return d.keepProblems(&Error{Line: d.records.start, Err: d.strayQuote(err)})
		}
		d.blame(d.records.start, "", d.strayQuote(err))
	} else {
		row = decoded
		row.Current = Conditions(row.Condition())
		row.Line = d.records.start
		d.check(row)
	}
	if row == nil {
		row = &Row{Line: d.records.start}
	}
	slices.SortStableFunc(d.broken, func(a, b *Error) int { return cmp.Compare(a.Line, b.Line) })
	row.Invalid = d.broken
	if len(d.broken) == 0 || d.options.SkipInvalid {
		d.kept = append(d.kept, row)
		return nil
	}
	return d.keepProblems(d.broken...)
}

// decode reads the record at hand into a Row.
func (d *reader) decode() (*Row, error) {
	if len(d.layout.extras) == 0 || d.records.fields != d.records.columns {
		row, err := d.rows.Read()
		if err != nil {
			return nil, err
		}
		return row.(*Row), nil
	}
	decoded, own, err := d.rows.ReadUnmatched()
	if err != nil {
		return nil, err
	}
	row := decoded.(*Row)
	row.Extra = make([]string, len(d.layout.extras))
	for i, key := range d.layout.extras {
		row.Extra[i] = own[key]
	}
	return row, nil
}

// strayQuote is the problem that csv found with quotes. After text behind a
// closing quote the end of the record is uncertain, so that refuses the file
// even if bad rows are skipped.
func (d *reader) strayQuote(err error) *problem {
	at := d.records.start
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		at += p.Line - p.StartLine
	}
	if errors.Is(err, csv.ErrBareQuote) {
		return newProblem("a quote inside a cell that does not begin with one").
			withHint("put the cell in quotes and double those inside: \"5\"\" disk\"")
	}
	return newProblem("text behind a closing quote in line %d", at).
		withHint("double the quotes inside a cell: \"say \"\"hi\"\"\"; rows near this one may have been misread")
}

// blame notes a problem of the row at hand.
func (d *reader) blame(line int, column string, err error) {
	d.broken = append(d.broken, &Error{Line: line, Column: d.layout.name(column), Err: err})
}

// keepProblems adds problems that refuse the manifest. It fails at maxProblems.
func (d *reader) keepProblems(ps ...*Error) error {
	d.file.Problems = append(d.file.Problems, ps...)
	if len(d.file.Problems) >= maxProblems {
		return d.records.refuse(newProblem("%d problems are enough", maxProblems).notRead())
	}
	return nil
}

func (d *reader) warn(line int, column string, err error) {
	if len(d.file.Warnings) < maxProblems {
		d.file.Warnings = append(d.file.Warnings, &Error{Line: line, Column: d.layout.name(column), Err: err})
	}
}

// finish reports what is only known at the end of the file.
func (d *reader) finish() {
	last := max(d.records.line, 1)
	if d.count == 0 && !d.options.AllowEmpty {
		d.file.Problems = append(d.file.Problems, &Error{Line: last, Err: newProblem("no rows").withHint("--allow-empty accepts that")})
	}
	if d.records.unbroken {
		d.warn(last, "", newProblem("the last line has no line break").withHint("was the file cut off?"))
	}
	if d.text.ambiguous {
		p := newProblem("read as utf-8, but every character that is not ASCII could be a Chinese one in gb18030").
			withHint("--encoding says which it is")
		d.file.Warnings = slices.Insert(d.file.Warnings, 0, &Error{Line: 1, Err: p})
	}
}
