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
)

// A Saved is a plan read from a file.
type Saved struct {
	Plan *Plan
	Info FileInfo
	Sum  string // the file's, "sha256:" and the hash in hex
}

// The errors of Decode, beside [*SchemaError].
var (
	ErrNotPlan = errors.New("not a plan file")
	ErrChanged = errors.New("the plan file was edited or is incomplete")
)

// A SchemaError says that a plan file has a version this program cannot read.
type SchemaError struct{ Version string }

func (e *SchemaError) Error() string {
	return fmt.Sprintf("plan file version %s, this tool reads version %d", e.Version, fileSchema)
}

// Hint says what to do.
func (e *SchemaError) Hint() string { return "plan again with this version" }

// opening matches the beginning of a plan file, even after an editor has laid it
// out anew. It is compiled at its first use: most commands have none.
var opening = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*\{\s*"format"\s*:\s*"` + fileFormat + `"\s*,\s*"schema"\s*:\s*([^,\s}]*)`)
})

// openingSize is more than an opening takes.
const openingSize = 512

// IsFile reports, by the first bytes (512 are enough), whether something is a
// plan file of any version and not a manifest.
func IsFile(head []byte) bool { return opening().Match(head) }

// Decode reads a plan file as a stream. It fails with ErrNotPlan, ErrChanged,
// maybe wrapped, a [*SchemaError] or the error of r. The sum of a plan that it
// returns is right, its indexes are in range, and its values are ones that a
// manifest may have: whoever can write a file can write its sum.
func Decode(r io.Reader) (*Saved, error) {
	f, err := decode(r)
	if err == nil {
		err = f.checkText()
	}
	if err != nil {
		return nil, err
	}
	return f.saved, nil
}

// decode is Decode without checkText.
func decode(r io.Reader) (*fileReader, error) {
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
	f := &fileReader{in: in, sum: sha256.New(), line: newLineReader(), saved: &Saved{Plan: new(Plan)}}
	if err := f.read(); err != nil {
		return nil, err
	}
	if err := f.saved.Plan.check(); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrChanged, err)
	}
	return f, nil
}

// checkText returns ErrChanged unless the plan, written again, gives the very
// same file: a member that is there twice, in another case or in another order
// says one thing to a person and another to a program.
func (f *fileReader) checkText() error {
	if !f.saved.Plan.IsJob(f.job) {
		return fmt.Errorf("%w: its job is not that of its rows", ErrChanged)
	}
	sum, err := encode(io.Discard, f.saved.Plan, f.saved.Info, f.job)
	if err == nil && sum != f.saved.Sum {
		err = fmt.Errorf("%w: it is not written as this tool writes it", ErrChanged)
	}
	return err
}

// A fileReader reads lines and adds them to the sum.
type fileReader struct {
	in    *bufio.Reader
	sum   hash.Hash
	saved *Saved
	line  *lineReader
	row   wireRow   // reused for every row
	chain wireChain // reused for every chain
	job   string    // the hash, as written
	list  string    // the list that the next line belongs to, if any
	at    int       // the line, from 1
}

// read reads all lines. A line that does not fit is ErrChanged.
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

// take reads one line: the brace, a member, the head or end of a list, or an
// element of one.
func (f *fileReader) take(line []byte) error {
	text := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte(","))
	switch {
	case f.at == 1:
		return nil // the opening has been checked
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
	members := map[string]any{
		`"tool"`: &info.Tool, `"source"`: &info.Source, `"extra"`: &info.Extra, `"created"`: &info.Created, `"job"`: &f.job,
		`"review"`: &info.Review,
	}
	if to, ok := members[name]; ok {
		return json.Unmarshal(value, to)
	}
	return nil // checkText compares the others
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
	case `"parked"`:
		return add(&p.Parked, text)
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
