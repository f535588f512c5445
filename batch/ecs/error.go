package ecs

import (
	"fmt"
	"time"
)

// An Error is a call that did not succeed. Everything in it is safe to show: it
// holds no credentials and no signed URL.
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
	// Sent is set if the request may have reached the server, in whole or in
	// part: it had a connection.
	Sent bool
	// Err is the cause if the API sent no code: the transport failed, or the
	// reply could not be understood.
	Err error
}

func (e *Error) Error() string {
	text := e.Action
	switch {
	case e.Code != "":
		text += ": " + e.Code
	case e.Status != 0:
		text += fmt.Sprintf(": HTTP status %d", e.Status)
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// ReportCode returns the text for the report's error_code column: the API's
// code, else the HTTP status, else AnswerLost or Unreachable.
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
