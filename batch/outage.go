package batch

import (
	"errors"
	"fmt"
	"time"

	"imgrename/batch/pace"
)

// An OutageError tells that a lane stopped because the API did not answer for
// as long as [Retry.MaxOutage].
type OutageError struct {
	Length time.Duration // from the first failure to the last
	Err    error         // the last
}

func (e *OutageError) Error() string {
	return fmt.Sprintf("an outage of %s, as long as --max-outage allows: %v", e.Length.Round(time.Second), e.Err)
}

// stoppedLane tells whether an error is why all calls of a lane have ended.
func stoppedLane(err error) bool {
	_, outage := errors.AsType[*OutageError](err)
	return outage || errors.Is(err, pace.ErrThrottledOut)
}
