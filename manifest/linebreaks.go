package manifest

import (
	"bufio"
	"bytes"
	"io"
)

// lineBreaks turns CR into LF if the first line of a file ends in a lone CR. In
// any other file it leaves CRs to csv, which takes CRLF for LF, and a lone CR
// for a character like any other.
type lineBreaks struct {
	src     *bufio.Reader
	started bool
	lone    bool
	err     error // what ended the look ahead; returned after the bytes it saw
}

func newLineBreaks(r io.Reader) *lineBreaks {
	return &lineBreaks{src: bufio.NewReaderSize(r, maxRecord)}
}

func (l *lineBreaks) Read(p []byte) (int, error) {
	if !l.started {
		l.start()
	}
	if l.err != nil && l.src.Buffered() == 0 {
		return 0, l.err
	}
	n, err := l.src.Read(p)
	if l.lone {
		for i := range p[:n] {
			if p[i] == '\r' {
				p[i] = '\n'
			}
		}
	}
	return n, err
}

// start looks for the first line break.
func (l *lineBreaks) start() {
	var ahead []byte
	ahead, l.err = l.src.Peek(maxRecord)
	l.started = true
	if i := bytes.IndexAny(ahead, "\r\n"); i >= 0 && ahead[i] == '\r' {
		l.lone = !bytes.HasPrefix(ahead[i:], []byte("\r\n"))
	}
}
