package batch

import (
	"errors"

	"imgrename/batch/ecs"
	"imgrename/batch/history"
	"imgrename/batch/pace"
	"imgrename/batch/plan"
)

// An end is how a step ended: Applied, Unchanged, or what becomes of its row.
// The zero value is undecided: the step has not ended.
type end struct {
	outcome       plan.Outcome
	code, message string
	requestID     string
	lacks         ecs.Fields // of an acknowledged row: what still reads as before
}

func (e end) good() bool { return e.outcome.Succeeded() }

func (e end) undecided() bool { return e.outcome == plan.Undecided }

// stopped is the end of a row that was not attempted or not completed because
// the run or its lane stopped.
func stopped(cause error) end {
	e := end{outcome: plan.Pending, code: history.CodeStopped, message: cause.Error()}
	if errors.Is(cause, pace.ErrThrottledOut) {
		e.code = history.CodeThrottledOut
	} else if stoppedLane(cause) {
		e.code = history.CodeOutage
	}
	return e
}

// refused is the end of a row that the API has rejected: it was certainly not
// applied.
func refused(err error) end {
	e := end{outcome: plan.Failed}
	e.code, e.message = reasonOf(err)
	if api, ok := errors.AsType[*ecs.Error](err); ok {
		e.requestID = api.RequestID
	}
	return e
}

// unreached is the end of a row whose lane is out of reach: no call has left
// this host, or nothing can be read.
func unreached(err error) end {
	e := refused(err)
	e.outcome = plan.Pending
	if _, ok := errors.AsType[*ecs.Error](err); !ok {
		e.code = history.CodeNoCredential // nothing else can fail before there is a request
	}
	return e
}

func gone(id string) end {
	return end{outcome: plan.Failed, code: history.CodeGone, message: id + " does not exist any more"}
}

func unconfirmed(err error) end {
	_, why := reasonOf(err)
	return end{outcome: plan.Unknown, code: history.CodeUnconfirmed, message: "the API acknowledged it, but it could not be read back: " + why}
}

// stranded is the end of a row whose image keeps its temporary name.
func (l Lane) stranded(row *plan.Row) end {
	return end{
		outcome: plan.Stranded, code: history.CodeStranded,
		message: history.Stranded(row, l.temporaryName(row)),
	}
}

// reasonOf returns the code and message of a result that an error explains.
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
