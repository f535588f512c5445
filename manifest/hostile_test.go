package manifest_test

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgrename/manifest"
)

// endless repeats a text for a gigabyte.
func endless(text string) io.Reader {
	return io.LimitReader(&repeater{text: text}, 1<<30)
}

type repeater struct {
	text string
	at   int
}

func (r *repeater) Read(p []byte) (int, error) {
	for i := 0; i < len(p); {
		n := copy(p[i:], r.text[r.at:])
		r.at = (r.at + n) % len(r.text)
		i += n
	}
	return len(p), nil
}

// TestHostileInput feeds a gigabyte each and bounds what is allocated on it.
func TestHostileInput(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   io.Reader
		want []string
	}{
		{
			name: "one line", in: endless("x"),
			want: []string{"1: a line is longer than 64 KiB; the rest of the file was not read | is this a CSV file?"},
		},
		{
			name: "one line of quotes", in: endless("\""),
			want: []string{"1: a line is longer than 64 KiB; the rest of the file was not read | is this a CSV file?"},
		},
		{
			name: "columns without end", in: endless("a,"),
			want: []string{"1: a line is longer than 64 KiB; the rest of the file was not read | is this a CSV file?"},
		},
		{
			name: "many columns", in: strings.NewReader("image_id" + strings.Repeat(",", 10_000) + "\n"),
			want: []string{"1: the header has 10001 columns, 1000 at most are read; the rest of the file was not read"},
		},
		{
			name: "an open quote", in: io.MultiReader(strings.NewReader(header+"\nm-1,r,\"old\n\",\"new"), endless("m,\n")),
			want: []string{"3: the record that begins here is longer than 64 KiB; the rest of the file was not read" +
				" | is the quote opened in line 4 closed?"},
		},
		{
			name: "NUL bytes", in: endless("\x00"),
			want: []string{"1: a NUL byte: this is not a text file; the rest of the file was not read" +
				" | a UTF-16 file must begin with its byte order mark, or be named with --encoding utf-16"},
		},
		{
			name: "a NUL byte in a row", in: strings.NewReader(header + "m-1,r,,a\x00b,\n"),
			want: []string{"2: a NUL byte: this is not a text file; the rest of the file was not read" +
				" | a UTF-16 file must begin with its byte order mark, or be named with --encoding utf-16"},
		},
		{
			name: "one Chinese line in UTF-16", in: io.MultiReader(strings.NewReader("\xff\xfe"), endless("\x2d\x4e")),
			want: []string{"1: a line is longer than 64 KiB; the rest of the file was not read | is this a CSV file?"},
		},
		{
			name: "a comment without end", in: io.MultiReader(strings.NewReader(header+"#"), endless(" ")),
			want: []string{"2: a line is longer than 64 KiB; the rest of the file was not read | is this a CSV file?"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f, err := manifest.Read(tt.in, manifest.Options{})
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, lines(f.Problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
				t.Errorf("allocated %d MiB", used>>20)
			}
		})
	}
}

// TestBlankLinesAreNotOneRecord has more of them than a record may have bytes.
func TestBlankLinesAreNotOneRecord(t *testing.T) {
	blank := bytes.Repeat([]byte("\n"), 100_000)
	f := read(t, header+string(blank)+"m-1,r,,a,\n", manifest.Options{})
	if len(f.Problems) > 0 || len(f.Rows) != 1 || f.Rows[0].Line != 100_002 {
		t.Errorf("rows %v, problems %q", f.Rows, lines(f.Problems))
	}
}

// TestBadThroughout reads a file in which every line is a problem.
func TestBadThroughout(t *testing.T) {
	const most = 100_000
	f := read(t, header+strings.Repeat("x\n", most+50), manifest.Options{})
	last := f.Problems[len(f.Problems)-1].Error()
	if len(f.Problems) != most+1 || last != "100001: 100000 problems are enough; the rest of the file was not read" {
		t.Errorf("%d problems, last %q", len(f.Problems), last)
	}
}

// TestRowsOfTheGreatestLength are read: the bound is on what comes after.
func TestRowsOfTheGreatestLength(t *testing.T) {
	row := "m-1,r,," + strings.Repeat("x", 64<<10-len("m-1,r,,,\n")) + ",\n"
	if f := read(t, header+row, manifest.Options{}); len(f.Rows) != 1 || len(f.Problems) > 0 {
		t.Errorf("%d rows, problems %q", len(f.Rows), lines(f.Problems))
	}
	if f := read(t, header+"x"+row, manifest.Options{}); len(f.Problems) != 1 {
		t.Errorf("one byte more: problems %q", lines(f.Problems))
	}
}

// TestMemoryOfRows bounds what a row costs as long as the file is held.
func TestMemoryOfRows(t *testing.T) {
	const rows = 50_000
	input := rowsOf(rows)
	before := heap()
	f, err := manifest.Read(bytes.NewReader(input), manifest.Options{Check: accept})
	held := heap() - before
	if err != nil || len(f.Rows) != rows {
		t.Fatal(len(f.Rows), err)
	}
	if held/rows > 1024 {
		t.Errorf("%d bytes a row", held/rows)
	}
	runtime.KeepAlive(input)
}
