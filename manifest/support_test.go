package manifest_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"imgrename/manifest"
)

// encoded returns a text as golang.org/x/text would write it.
func encoded(t testing.TB, name, text string) string {
	t.Helper()
	e := map[string]encoding.Encoding{
		"utf-16":  unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
		"gb18030": simplifiedchinese.GB18030,
	}[name]
	s, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// file returns a file of the spreadsheet exports.
func file(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(manifests, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// lines shows problems as a caller would, with their hints.
func lines(errs []*manifest.Error) []string {
	var out []string
	for _, e := range errs {
		line := e.Error()
		if h := e.Hint(); h != "" {
			line += " | " + h
		}
		out = append(out, line)
	}
	return out
}

func read(t *testing.T, csv string, o manifest.Options) *manifest.File {
	t.Helper()
	f, err := manifest.Read(strings.NewReader(csv), o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func write(rows []manifest.Row, encoding, delimiter string) (string, error) {
	var out strings.Builder
	w := manifest.NewWriter(&out, []string{"image_id", "region_id", "image_name", "description", "current_name", "note"}, []string{"x_a"})
	w.Encoding, w.Delimiter = encoding, delimiter
	var errs []error
	for _, row := range rows {
		errs = append(errs, w.Write(row))
	}
	err := errors.Join(append(errs, w.Flush())...)
	return out.String(), err
}
