package manifest

import (
	"errors"
	"fmt"
	"strconv"
)

// An Error is one problem of a manifest.
type Error struct {
	Line   int    // 1-based; the line of the cell if the problem is about one
	Column string // empty if the problem is about the row or the file
	Err    error
}

// Error returns the line, the column if any, and the fact, as in
// "17:image_name: must start with a letter". The caller puts the file's name
// and a colon before it, and escapes what is not printable: values are quoted,
// but the column and the errors of [Options.Check] are not.
func (e *Error) Error() string {
	place := strconv.Itoa(e.Line) + ":"
	if e.Column != "" {
		place += e.Column + ":"
	}
	return place + " " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Hint says what would be right; it may be empty. It is for a line of its own.
func (e *Error) Hint() string {
	if h, ok := errors.AsType[hinter](e.Err); ok {
		return h.Hint()
	}
	return ""
}

type hinter interface {
	error
	Hint() string
}

type warner interface {
	error
	Warning() bool
}

// A problem is a fact and what would be right instead.
type problem struct{ fact, hint string }

func (p *problem) Error() string { return p.fact }
func (p *problem) Hint() string  { return p.hint }

func newProblem(format string, args ...any) *problem {
	return &problem{fact: fmt.Sprintf(format, args...)}
}

func (p *problem) withHint(format string, args ...any) *problem {
	p.hint = fmt.Sprintf(format, args...)
	return p
}

// notRead adds that reading stopped at the problem.
func (p *problem) notRead() *problem {
	p.fact += "; the rest of the file was not read"
	return p
}

// quote makes a value fit for a message: cut to a length that people read, and
// quoted as Go does, which escapes everything that is not printable.
func quote(value string) string {
	const most = 100
	short := []rune(value[:min(len(value), 4*most)])
	if len(short) <= most && len(value) <= 4*most {
		return strconv.Quote(value)
	}
	return strconv.Quote(string(short[:most])) + "…"
}
