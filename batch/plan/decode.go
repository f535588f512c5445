package plan

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// A Saved is a plan read from a file.
type Saved struct {
	Plan *Plan
	Info FileInfo
	Sum  string // the file's, "sha256:" and the hash in hex
}

// What is wrong with a plan file. A version that is not known is a
// [*SchemaError].
var (
	ErrNotPlan = errors.New("not a plan file")
	ErrChanged = errors.New("the plan file was edited or is incomplete")
)

// A SchemaError says that a plan file is of a version this tool cannot read.
type SchemaError struct{ Version string }

func (e *SchemaError) Error() string {
	return fmt.Sprintf("plan file version %s, this tool reads version %d", e.Version, fileSchema)
}

// Hint says what to do about it.
func (e *SchemaError) Hint() string { return "plan again with this version" }

// opening is how a plan file begins, also after an editor has laid it out anew.
// It is compiled when it is first asked for: most commands never do.
var opening = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*\{\s*"format"\s*:\s*"` + fileFormat + `"\s*,\s*"schema"\s*:\s*([^,\s}]*)`)
})

// openingSize is more than an opening takes.
const openingSize = 512

// IsFile tells by the first bytes (512 are enough) whether something is a plan
// file, of whatever version, and not a manifest.
func IsFile(head []byte) bool { return opening().Match(head) }

// Decode reads a plan file as a stream. It returns ErrNotPlan, ErrChanged or a
// [*SchemaError], maybe with more text, or the error of r. A plan that it
// returns has a right sum, and its indexes fit.
func Decode(r io.Reader) (*Saved, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	head, err := in.Peek(openingSize)
	if err != nil && err != io.EOF {
		return nil, err
	}
	m := opening().FindSubmatch(head)
	switch {
	case m == nil:
		return nil, ErrNotPlan
	case string(m[1]) != strconv.Itoa(fileSchema):
		return nil, &SchemaError{string(m[1])}
	}
	f := fileReader{in: in, sum: sha256.New(), line: newLineReader(), saved: &Saved{Plan: new(Plan)}}
	if err := f.read(); err != nil {
		return nil, err
	}
	if err := f.saved.Plan.check(); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrChanged, err)
	}
	return f.saved, nil
}

// A fileReader reads lines and adds them up.
type fileReader struct {
	in    *bufio.Reader
	sum   hash.Hash
	saved *Saved
	line  *lineReader
	row   wireRow   // the memory of the one that is read
	chain wireChain // as well
	list  string    // the list that the next line is an element of
	at    int       // the line, from 1
}

// read reads all lines. Whatever does not fit is a change by hand.
func (f *fileReader) read() error {
	for {
		line, err := f.next()
		if err != nil {
			return err
		}
		if sum, ok := bytes.CutPrefix(line, []byte(`"sum":`)); ok && f.list == "" {
			return f.finish(sum)
		}
		f.sum.Write(line)
		if err := f.take(line); err != nil {
			return fmt.Errorf("%w: line %d", ErrChanged, f.at)
		}
	}
}

func (f *fileReader) next() ([]byte, error) {
	f.at++
	line, err := f.in.ReadSlice('\n')
	if err == bufio.ErrBufferFull { // a long chain
		long := bytes.Clone(line)
		line, err = f.in.ReadBytes('\n')
		line = append(long, line...)
	}
	if err == io.EOF {
		return nil, fmt.Errorf("%w: it ends at line %d", ErrChanged, f.at)
	}
	return line, err
}

// finish checks the sum, and that nothing comes after it.
func (f *fileReader) finish(sum []byte) error {
	f.saved.Sum = sumText(f.sum.Sum(nil))
	if string(sum) != strconv.Quote(f.saved.Sum)+"\n" {
		return ErrChanged
	}
	rest, err := io.ReadAll(io.LimitReader(f.in, 3))
	if err == nil && string(rest) != "}\n" {
		return ErrChanged
	}
	return err
}

// take takes one line: the brace, a member, the head or end of a list, or an
// element of one.
func (f *fileReader) take(line []byte) error {
	text := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte(","))
	switch {
	case f.at == 1:
		return nil // the opening was seen to fit
	case f.list != "" && string(text) == "]":
		f.list = ""
		return nil
	case f.list != "":
		return f.element(text)
	}
	name, value, ok := bytes.Cut(text, []byte(":"))
	if ok && string(value) == "[" {
		f.list = string(name)
		return nil
	}
	return f.member(string(name), value)
}

func (f *fileReader) member(name string, value []byte) error {
	info := &f.saved.Info
	switch name {
	case `"tool"`:
		return json.Unmarshal(value, &info.Tool)
	case `"source"`:
		return json.Unmarshal(value, &info.Source)
	case `"extra"`:
		return json.Unmarshal(value, &info.Extra)
	case `"created"`:
		var err error
		var s string
		if err = json.Unmarshal(value, &s); err == nil {
			info.Created, err = time.Parse(time.RFC3339, s)
		}
		return err
	default:
		return nil // format and schema were seen; job, totals and calls follow from the rest
	}
}

func (f *fileReader) element(text []byte) error {
	p := f.saved.Plan
	switch f.list {
	case `"lanes"`:
		return add(&p.Lanes, text)
	case `"rows"`:
		if !f.line.row(text, &f.row) {
			f.row = wireRow{}
			if err := json.Unmarshal(text, &f.row); err != nil {
				return err
			}
		}
		p.Rows = append(p.Rows, f.row.row())
	case `"chains"`:
		if !f.line.chain(text, &f.chain, p.Rows) {
			f.chain = wireChain{}
			if err := json.Unmarshal(text, &f.chain); err != nil {
				return err
			}
		}
		p.Chains = append(p.Chains, f.chain.chain(p.Rows))
	case `"risks"`:
		return add(&p.Risks, text)
	case `"warnings"`:
		return add(&p.Warnings, text)
	default:
		return errors.ErrUnsupported
	}
	return nil
}

func add[T any](all *[]T, text []byte) error {
	var one T
	if err := json.Unmarshal(text, &one); err != nil {
		return err
	}
	*all = append(*all, one)
	return nil
}
