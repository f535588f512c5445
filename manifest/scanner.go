package manifest

import (
	"bytes"
	"slices"
	"strings"
)

// A scanner follows quotes and delimiters through a record as encoding/csv does
// without LazyQuotes, to know how many cells the record has and where it ends.
type scanner struct {
	delim   byte
	state   scanState
	fields  int
	opened  bool // the last line opened a quote
	strayCR bool // some line had a CR outside quotes
	filled  bool // some cell holds more than spaces and line breaks
}

type scanState uint8

const (
	atCellStart scanState = iota
	inPlain
	inQuotes
	afterQuote
	inBroken // csv gives up on the record and drops the rest of the line
)

// scan follows one line without its line break. Then the record is complete
// unless the state is inQuotes.
func (s *scanner) scan(line []byte) {
	s.opened = false
	if s.state == atCellStart && bytes.IndexByte(line, '"') < 0 {
		s.fields = bytes.Count(line, []byte{s.delim}) + 1
		s.strayCR = bytes.IndexByte(line, '\r') >= 0
		s.filled = s.filled || slices.ContainsFunc(line, s.fills)
		return
	}
	if s.fields == 0 {
		s.fields = 1
	}
	for _, c := range line {
		s.strayCR = s.strayCR || c == '\r' && s.state != inQuotes
		s.filled = s.filled || s.fills(c)
		s.step(c)
	}
}

// blanks fill no cell.
const blanks = " \t\r"

// fills reports whether the next byte is more than a delimiter, a blank, or a
// quote around a cell.
func (s *scanner) fills(c byte) bool {
	switch {
	case strings.IndexByte(blanks, c) >= 0:
		return false
	case c == '"':
		return s.state == inPlain || s.state == afterQuote
	}
	return c != s.delim || s.state == inQuotes
}

func (s *scanner) step(c byte) {
	switch s.state {
	case atCellStart, inPlain:
		switch {
		case c == s.delim:
			s.fields++
			s.state = atCellStart
		case c != '"':
			s.state = inPlain
		case s.state == inPlain:
			s.state = inBroken
		default:
			s.state, s.opened = inQuotes, true
		}
	case inQuotes:
		if c == '"' {
			s.state = afterQuote
		}
	case afterQuote:
		switch c {
		case '"':
			s.state = inQuotes
		case s.delim:
			s.fields++
			s.state = atCellStart
		default:
			s.state = inBroken
		}
	case inBroken:
	}
}
