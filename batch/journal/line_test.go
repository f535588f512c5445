package journal

import (
	"hash/crc32"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLineFormat(t *testing.T) {
	if got := crc32.Checksum([]byte("123456789"), castagnoli); got != 0xe3069283 {
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
	record := line{7, []byte(`"a"`), -1}
	for _, tt := range []struct {
		name, text string
		want       line
		ok         bool
	}{
		{"record", with(`"line":7,"record":"a"}`), record, true},
		{"mark", with(`"line":8,"synced":1234}`), line{8, nil, 1234}, true},
		{"largest number", with(`"line":9223372036854775799,"synced":0}`), line{9223372036854775799, nil, 0}, true},
		{"number out of range", with(`"line":92233720368547758079,"synced":0}`), line{}, false},
		{"no number", with(`"line":,"synced":0}`), line{}, false},
		{"negative mark", with(`"line":1,"synced":-1}`), line{}, false},
		{"more after a mark", with(`"line":1,"synced":1,"x":2}`), line{}, false},
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
