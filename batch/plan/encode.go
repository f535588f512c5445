package plan

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"hash"
	"io"
	"strconv"
	"time"

	"imgrename/batch/ecs"
)

// Encode writes the plan as a file and returns its sum, "sha256:" and the hash
// in hex, which is also in the file. Its errors are those of w.
func Encode(w io.Writer, p *Plan, info FileInfo) (sum string, err error) {
	return encode(w, p, info, p.JobHash())
}

func encode(w io.Writer, p *Plan, info FileInfo, job string) (sum string, err error) {
	f := fileWriter{sum: sha256.New()}
	f.out = bufio.NewWriterSize(io.MultiWriter(f.sum, w), 1<<16)
	f.text("{\n")
	f.member("format", fileFormat)
	f.member("schema", fileSchema)
	f.member("tool", info.Tool)
	f.member("created", info.Created.UTC().Format(time.RFC3339))
	f.member("source", info.Source)
	f.member("extra", info.Extra)
	f.member("job", job)
	f.member("totals", p.Totals().Counts())
	f.member("calls", p.Calls())
	f.list("lanes", len(p.Lanes), func(i int) { f.value(p.Lanes[i]) })
	f.list("rows", len(p.Rows), func(i int) { f.row(&p.Rows[i]) })
	f.list("chains", len(p.Chains), func(i int) { f.chain(&p.Chains[i]) })
	f.list("risks", len(p.Risks), func(i int) { f.value(&p.Risks[i]) })
	f.list("warnings", len(p.Warnings), func(i int) { f.value(&p.Warnings[i]) })
	if len(p.Parked) > 0 {
		f.list("parked", len(p.Parked), func(i int) { f.value(p.Parked[i]) })
	}
	if len(info.Review) > 0 {
		f.member("review", info.Review)
	}
	return f.finish()
}

// A fileWriter writes lines, which out also adds to the sum.
type fileWriter struct {
	out  *bufio.Writer // keeps the first error
	sum  hash.Hash
	line bytes.Buffer
	err  error // of a value that has no JSON
}

// finish writes the sum of all lines before it.
func (f *fileWriter) finish() (sum string, err error) {
	if err := f.out.Flush(); err != nil {
		return "", err
	}
	sum = sumText(f.sum.Sum(nil))
	f.text(`"sum":"` + sum + "\"\n}\n")
	if err := f.out.Flush(); f.err == nil {
		f.err = err
	}
	return sum, f.err
}

func (f *fileWriter) text(s string) {
	f.line.WriteString(s)
	f.flush()
}

func (f *fileWriter) flush() {
	_, _ = f.out.Write(f.line.Bytes())
	f.line.Reset()
}

// value adds JSON to the line.
func (f *fileWriter) value(v any) {
	e := json.NewEncoder(&f.line)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil && f.err == nil {
		f.err = err
	}
	if n := f.line.Len() - 1; n >= 0 && f.line.Bytes()[n] == '\n' {
		f.line.Truncate(n) // Encode ends with one
	}
}

func (f *fileWriter) member(name string, v any) {
	f.line.WriteString(strconv.Quote(name) + ":")
	f.value(v)
	f.text(",\n")
}

func (f *fileWriter) list(name string, n int, element func(int)) {
	f.text(strconv.Quote(name) + ":[\n")
	for i := range n {
		element(i)
		if i < n-1 {
			f.line.WriteByte(',')
		}
		f.text("\n")
	}
	f.text("],\n")
}

// row adds a row in the form of a wireRow. Rows and chains are nearly all of a
// file, and encoding/json takes several times as long for them.
func (f *fileWriter) row(r *Row) {
	f.number(`{"line":`, r.Line)
	f.stringIfAny(`,"profile":`, r.Profile)
	f.stringIfAny(`,"region_id":`, r.RegionID)
	f.number(`,"lane":`, r.Lane)
	f.stringIfAny(`,"image_id":`, r.ImageID)
	if r.Row.ImageID == "" {
		f.line.WriteString(`,"by_name":true`)
	}
	f.string(`,"verdict":`, r.Verdict.String())
	if p := r.Problem; p != nil {
		f.line.WriteString(`,"problem":`)
		f.value(p)
	}
	f.valuesIfAny(`,"old":`, r.Old)
	f.valuesIfAny(`,"new":`, (*ecs.Attributes)(&r.Want))
	f.valuesIfAny(`,"condition":`, (*ecs.Attributes)(r.Current))
	f.stringIfAny(`,"note":`, r.Note)
	if len(r.Extra) > 0 {
		f.line.WriteString(`,"extra":`)
		f.value(r.Extra)
	}
	f.line.WriteByte('}')
}

// chain adds a chain in the form of a wireChain.
func (f *fileWriter) chain(c *Chain) {
	f.number(`{"lane":`, c.Lane)
	if c.Ring {
		f.line.WriteString(`,"ring":true`)
	}
	if c.Open {
		f.line.WriteString(`,"open":true`)
	}
	if len(c.After) > 0 {
		f.line.WriteString(`,"after":`)
		f.value(c.After)
	}
	f.line.WriteString(`,"steps":[`)
	for i, s := range c.Steps {
		if i > 0 {
			f.line.WriteByte(',')
		}
		f.number(`{"row":`, s.Row)
		f.line.WriteString(`,"set":`)
		f.values(s.Set)
		if s.Park {
			f.line.WriteString(`,"park":true`)
		}
		f.line.WriteByte('}')
	}
	f.line.WriteString("]}")
}

func (f *fileWriter) number(head string, n int) {
	f.line.WriteString(head)
	f.line.Write(strconv.AppendInt(f.line.AvailableBuffer(), int64(n), 10))
}

func (f *fileWriter) stringIfAny(head, s string) {
	if s != "" {
		f.string(head, s)
	}
}

func (f *fileWriter) string(head, s string) {
	f.line.WriteString(head)
	f.line.Write(ecs.AppendText(f.line.AvailableBuffer(), s))
}

func (f *fileWriter) valuesIfAny(head string, v *ecs.Attributes) {
	if v != nil && *v != (ecs.Attributes{}) {
		f.line.WriteString(head)
		f.values(v)
	}
}

// values adds the values that are not empty.
func (f *fileWriter) values(v *ecs.Attributes) {
	f.line.Write(v.AppendJSON(f.line.AvailableBuffer()))
}
