package ecs

import (
	"fmt"
	"strings"
	"time"
)

// An Error is a call that did not succeed. Everything in it is safe to show:
// it holds no credentials and no signed address.
type Error struct {
	Action    string // the operation, such as ModifyImageAttribute
	Status    int    // HTTP status; 0 if no reply was read
	Code      string // the API's code; empty if the reply was not the API's
	Message   string
	RequestID string
	// RetryAfter is the server's hint; 0 if it gave none.
	RetryAfter time.Duration
	// Date is the server's clock when it answered, to the second; zero if the
	// reply had no date.
	Date time.Time
	// Sent tells that the request may have reached the server: it was written
	// to a connection, in whole or in part.
	Sent bool
	// Err is the cause below the API: a transport error, a reply that could
	// not be read. It is nil where the API itself answered.
	Err error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Action)
	switch {
	case e.Code != "":
		fmt.Fprintf(&b, ": %s", e.Code)
	case e.Status != 0:
		fmt.Fprintf(&b, ": HTTP status %d", e.Status)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns the cause below the API.
func (e *Error) Unwrap() error { return e.Err }

// ReportCode is the word for the report's error_code column: the API's code,
// else the HTTP status, else what kind of trouble the network had.
func (e *Error) ReportCode() string {
	switch {
	case e.Code != "":
		return e.Code
	case e.Status != 0:
		return fmt.Sprintf("HTTP%d", e.Status)
	case e.Sent:
		return "AnswerLost"
	default:
		return "Unreachable"
	}
}
