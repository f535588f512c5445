package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
)

// Encoder returns an encoder of JSON Lines that may be read on a terminal too:
// what [Printable] escapes it escapes in JSON's own way, so that a program gets
// the exact value.
func Encoder(w io.Writer) *json.Encoder {
	out := json.NewEncoder(asciiControls{w})
	out.SetEscapeHTML(false)
	return out
}

// asciiControls escapes what is unseen in JSON texts. An encoder writes each of
// them whole, in UTF-8, and anything but ASCII is inside a string.
type asciiControls struct{ w io.Writer }

func (a asciiControls) Write(p []byte) (int, error) {
	text := p
	if bytes.IndexFunc(bytes.TrimSuffix(p, []byte("\n")), unseen) >= 0 {
		text = escapedJSON(p)
	}
	if _, err := a.w.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

func escapedJSON(p []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(p) {
		if r == '\n' || !unseen(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.Bytes()
}
