package batch

import (
	"errors"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
)

// reasonOf turns an error into a result's code and message.
func reasonOf(err error) (code, message string) {
	if e, ok := errors.AsType[*ecs.Error](err); ok {
		message = e.Message
		if message == "" && e.Err != nil {
			message = e.Err.Error()
		}
		return e.ReportCode(), message
	}
	return history.CodeOther, err.Error()
}
