package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
)

// Encoder returns an encoder of JSON Lines that are safe on a terminal: what
// [Printable] would escape is written as a JSON escape, so a program still reads
// the exact value.
func Encoder(w io.Writer) *json.Encoder {
	out := json.NewEncoder(escaper{w})
	out.SetEscapeHTML(false)
	return out
}

// An escaper escapes unseen characters in JSON texts. An encoder writes each text
// with one call and in UTF-8, and uses characters beyond ASCII only in strings.
type escaper struct{ w io.Writer }

func (e escaper) Write(p []byte) (int, error) {
	text := p
	if bytes.IndexFunc(bytes.TrimSuffix(p, []byte("\n")), unseen) >= 0 {
		text = escapedJSON(p)
	}
	if _, err := e.w.Write(text); err != nil {
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
