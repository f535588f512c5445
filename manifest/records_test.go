package manifest

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzRecords compares the records that are cut with those that encoding/csv
// finds by itself.
func FuzzRecords(f *testing.F) {
	for _, text := range []string{
		"a,b\nc,d", "a\r\n\r\n\"b\r\nc\"\r\n", "\"a\"b\nc\n", "a\"b,\"\nc\n", "#x\n\"#\n\"\n", "\"\"\"\"\n\"\r\n\"\r", ",,\n\"\n,", "a\r", "\r", "\"a\"\r",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) >= maxRecord || strings.ContainsRune(text, 0) {
			return
		}
		if diff := cmp.Diff(wholeRecords(text), cutRecords(t, text)); diff != "" {
			t.Errorf("%q (-csv +cut):\n%s", text, diff)
		}
	})
}

// parsed is what csv makes of one.
type parsed struct {
	Cells []string
	Err   string
	Line  int
}

func newParsed(cells []string, err error, shift int) parsed {
	p, ok := errors.AsType[*csv.ParseError](err)
	if ok {
		return parsed{Err: p.Err.Error(), Line: p.StartLine + shift}
	}
	return parsed{Cells: cells}
}

func wholeRecords(text string) []parsed {
	var all []parsed
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord, r.Comment = -1, '#'
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return all
		}
		p := newParsed(cells, err, 0)
		if err == nil {
			p.Line, _ = r.FieldPos(0)
		}
		all = append(all, p)
	}
}

func cutRecords(t *testing.T, text string) []parsed {
	var all []parsed
	r := &records{src: bufio.NewReader(strings.NewReader(text)), delim: ',', columns: -1}
	for {
		kind, err := r.next()
		if refusal, ok := errors.AsType[*Error](err); ok && strings.Contains(refusal.Error(), "never closed") {
			return append(all, parsed{Err: csv.ErrQuote.Error(), Line: r.start})
		}
		if err != nil {
			t.Fatal(err)
		}
		if kind == noMore {
			return all
		}
		one := csv.NewReader(r)
		one.FieldsPerRecord = -1
		cells, err := one.Read()
		p := newParsed(cells, err, r.start-1)
		if err == nil {
			p.Line = r.start
			if len(cells) != r.fields {
				t.Errorf("%q: counted %d cells of %q", text, r.fields, cells)
			}
		}
		if rest, err := one.Read(); err != io.EOF {
			t.Errorf("%q: %q is left of line %d: %v", text, rest, r.start, err)
		}
		all = append(all, p)
	}
}
