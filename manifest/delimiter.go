package manifest

import (
	"bytes"
	"fmt"
	"strings"
)

// delimiters are those that are detected, in order of preference.
const delimiters = ",;\t"

// parseDelimiter parses [Options.Delimiter]; 0 means that it is to be detected.
func parseDelimiter(name string) (byte, error) {
	switch name {
	case "", "auto":
		return 0, nil
	case ",", ";", "\t":
		return name[0], nil
	case "tab":
		return '\t', nil
	}
	return 0, fmt.Errorf("unknown delimiter %q: want auto, a comma, a semicolon or tab", name)
}

// isSeparatorLine reports whether a line is like "sep=;", which Excel reads and
// writes before the header.
func isSeparatorLine(line []byte) bool {
	s := separatorText(line)
	return len(s) >= 4 && strings.EqualFold(s[:4], "sep=")
}

func separatorText(line []byte) string {
	return strings.Trim(string(line[:min(len(line), 16)]), `"`)
}

// separator takes the delimiter from a sep= line, unless an option gave one.
func (r *records) separator(line []byte) error {
	sep := separatorText(line)[len("sep="):]
	if r.delim != 0 {
		return nil
	}
	if len(sep) != 1 || !strings.Contains(delimiters, sep) {
		return newProblem("the sep= line names %s as delimiter", quote(sep)).notRead().
			withHint("it can be comma, semicolon or tab")
	}
	r.delim = sep[0]
	return nil
}

// chooseDelimiter detects the delimiter of a header: the one with which most
// cells are known columns or, if there are none, the most frequent. If two give
// equally many known columns it does not guess.
func chooseDelimiter(header []byte) (byte, error) {
	best, most, tied := byte(','), 0, false
	for _, d := range []byte(delimiters) {
		n := knownCells(header, d)
		if n > most {
			best, most, tied = d, n, false
		} else if n == most && n > 0 && bytes.IndexByte(header, d) >= 0 {
			tied = true
		}
	}
	if tied {
		return 0, newProblem("more than one delimiter is possible").notRead().
			withHint("name it with --delimiter")
	}
	if most > 0 {
		return best, nil
	}
	for _, d := range []byte(delimiters) {
		if n := bytes.Count(header, []byte{d}); n > most {
			best, most = d, n
		}
	}
	return best, nil
}

// isHeader reports whether a line names at least two columns.
func isHeader(line []byte) bool {
	for _, d := range []byte(delimiters) {
		if knownCells(line, d) > 1 {
			return true
		}
	}
	return false
}

func knownCells(header []byte, delim byte) int {
	n := 0
	for cell := range bytes.SplitSeq(header, []byte{delim}) {
		if spellings()[fold(string(bytes.Trim(cell, `"`)))] != nil {
			n++
		}
	}
	return n
}

// countFields counts the cells of a single line, with quotes anywhere in it.
func (r *records) countFields(line []byte) int {
	n, quoted := 1, false
	for _, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case c == r.delim && !quoted:
			n++
		}
	}
	return n
}
