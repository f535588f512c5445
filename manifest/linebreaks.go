package manifest

import (
	"bufio"
	"bytes"
	"io"
)

// lineBreaks turns each line break into one LF in files whose lines end in CR,
// as old programs for the Mac write them, or in CR CR LF, as a program does that
// turns the LF of CR LF into CR LF once more. In any other file it leaves CRs to
// csv, which takes CRLF for LF, and a lone CR for a character like any other.
type lineBreaks struct {
	src  *bufio.Reader
	kind lineEnds
	err  error // returned after the bytes that were read before it
}

// lineEnds is what the lines of a file end in.
type lineEnds uint8

const (
	notLookedAt lineEnds = iota
	inLF                 // or in CR LF
	inCR
	inCRCRLF // or in more CRs
)

// maxCRs bounds the CRs of one line break.
const maxCRs = 8

var errMixedBreaks = newProblem("this line ends in CR CR LF, but the first in CR").notRead().withHint(oneKind)

const oneKind = "does the file mix kinds of line breaks? save it with one"

func newLineBreaks(r io.Reader) *lineBreaks {
	return &lineBreaks{src: bufio.NewReaderSize(r, maxRecord)}
}

func (l *lineBreaks) Read(p []byte) (int, error) {
	if l.kind == notLookedAt {
		l.start()
	}
	if l.err != nil && l.src.Buffered() == 0 {
		return 0, l.err
	}
	if l.kind == inLF {
		return l.src.Read(p)
	}
	n := 0
	for n < len(p) {
		if n > 0 && l.src.Buffered() == 0 {
			return n, nil
		}
		c, err := l.readByte()
		if err != nil {
			l.err = err
			return n, err
		}
		p[n] = c
		n++
	}
	return n, nil
}

// readByte returns the next byte, LF for a line break.
func (l *lineBreaks) readByte() (byte, error) {
	c, err := l.src.ReadByte()
	if err != nil || c != '\r' {
		return c, err
	}
	ahead, err := l.src.Peek(maxCRs)
	if err != nil {
		l.err = err
	}
	more := len(ahead) - len(bytes.TrimLeft(ahead, "\r"))
	beforeLF := bytes.HasPrefix(ahead[more:], []byte("\n"))
	switch {
	case beforeLF && more > 0 && l.kind == inCR:
		_, _ = l.src.Discard(l.src.Buffered())
		return 0, errMixedBreaks
	case beforeLF:
		_, err := l.src.Discard(more + 1)
		return '\n', err
	case l.kind == inCR:
		return '\n', nil
	}
	return c, nil
}

// start looks for the first line break that is not in quotes.
func (l *lineBreaks) start() {
	l.kind = inLF
	var ahead []byte
	ahead, l.err = l.src.Peek(maxRecord)
	for i, quoted := 0, false; i < len(ahead); i++ {
		switch {
		case ahead[i] == '"':
			quoted = !quoted && ahead[0] != '#'
		case ahead[i] == '\n' && !quoted:
			return
		case ahead[i] == '\r' && !quoted:
			crs := len(ahead[i:]) - len(bytes.TrimLeft(ahead[i:], "\r"))
			switch beforeLF := bytes.HasPrefix(ahead[i+crs:], []byte("\n")); {
			case !beforeLF:
				l.kind = inCR
			case crs > 1:
				l.kind = inCRCRLF
			}
			return
		}
	}
}
