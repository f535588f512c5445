package journal

import (
	"bytes"
	"hash/crc32"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLineFormat(t *testing.T) {
	if got := crc32.Checksum([]byte("123456789"), castagnoli()); got != 0xe3069283 {
		t.Fatalf("not CRC-32C: %x", got)
	}
	for _, tt := range []struct{ name, got, want string }{
		{"record", string(appendRecord(nil, 7, []byte(`"a"`))), `{"crc":"8891af65","line":7,"record":"a"}` + "\n"},
		{"first", string(appendMark(nil, 1, 0)), `{"crc":"307b8095","line":1,"synced":0}` + "\n"},
		{"mark", string(appendMark(nil, 8, 1234)), `{"crc":"0f0a7efa","line":8,"synced":1234}` + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseLine(t *testing.T) {
	with := func(body string) string {
		b := append([]byte(crcBegin+"________"+crcEnd), body...)
		putCRC(b[len(crcBegin):][:crcSize], b[bodyAt:])
		return string(b)
	}
	record := line{7, []byte(`"a"`), -1, -1}
	for _, tt := range []struct {
		name, text string
		want       line
		ok         bool
	}{
		{"record", with(`"line":7,"record":"a"}`), record, true},
		{"mark", with(`"line":8,"synced":1234}`), line{8, nil, 1234, -1}, true},
		{"largest number", with(`"line":9223372036854775799,"synced":0}`), line{9223372036854775799, nil, 0, -1}, true},
		{"goes on", with(`"line":1,"after":5678}`), line{1, nil, 0, 5678}, true},
		{"more after that", with(`"line":1,"after":5678,"x":2}`), line{}, false},
		{"number out of range", with(`"line":92233720368547758079,"synced":0}`), line{}, false},
		{"no number", with(`"line":,"synced":0}`), line{}, false},
		{"negative mark", with(`"line":1,"synced":-1}`), line{}, false},
		{"more after a mark", with(`"line":1,"synced":1,"x":2}`), line{}, false},
		{"no brace", with(`"line":8,"synced":12345`), line{}, false},
		{"other kind", with(`"line":1,"other":1}`), line{}, false},
		{"other key first", with(`"synced":1,"line":1}`), line{}, false},
		{"empty body", with(`}`), line{}, false},
		{"no body", with(``), line{}, false},
		{"empty", "", line{}, false},
		{"wrong sum", `{"crc":"00000000","line":7,"record":"a"}`, line{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := parseLine([]byte(tt.text))
			if ok != tt.ok {
				t.Fatalf("ok = %v", ok)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(line{})); ok && diff != "" {
				t.Error(diff)
			}
		})
	}
}

type memory struct {
	File
	*bytes.Reader
}

func (m memory) ReadAt(p []byte, off int64) (int, error) { return m.Reader.ReadAt(p, off) }

// TestLongLine puts a sound line where the reader forgets what came before it
// in the same line.
func TestLongLine(t *testing.T) {
	sound := appendRecord(nil, 1, append(bytes.Repeat([]byte("1"), 2000), '0'))
	for _, tt := range []struct {
		name  string
		glued int // bytes
		ok    bool
	}{
		{"nothing before it", 0, true},
		{"all of it is remembered", 1 << 20, false},
		{"the reader is full", maxRecord, false},
		{"the reader is full twice", 2 * maxRecord, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := append(bytes.Repeat([]byte("x"), tt.glued), sound...)
			in := newLineReader(memory{Reader: bytes.NewReader(data)})
			text, err := in.next()
			if _, ok := parse(text); ok != tt.ok || err != nil || in.end != int64(len(data)) || len(text) > maxLine+1 {
				t.Errorf("ok = %v, %d bytes up to %d, %v", ok, len(text), in.end, err)
			}
			if rest, err := in.next(); len(rest) > 0 || err != nil {
				t.Error(len(rest), err)
			}
		})
	}
}
