package batch

import (
	"errors"
	"sync/atomic"

	"imgrename/batch/ecs"
)

// forbiddenInARow is how many calls in a row may be refused for lack of
// permission before the lane is given up: one may concern its image, many do
// not.
const forbiddenInARow = 5

// refusals are what the steps of a lane learn for each other from calls that the
// API refused. They are safe for concurrent use.
type refusals struct {
	down      atomic.Pointer[ecs.Error] // why every further call would fail
	forbidden atomic.Int32              // refusals for lack of permission, in a row
}

// ahead is the end of a row that is not tried because every call of the lane
// would fail; undecided if that is not so.
func (r *refusals) ahead() end {
	down := r.down.Load()
	if down == nil {
		return end{}
	}
	e := refused(down)
	e.requestID = "" // another row's
	return e
}

// denied is the end of a row for lack of permission. If that happens too often,
// it gives up the lane.
func (r *refusals) denied(err error) end {
	if r.forbidden.Add(1) >= forbiddenInARow {
		return r.giveUp(err)
	}
	return refused(err)
}

// giveUp is the end of a row whose refusal ends all rows of the lane that come
// after it.
func (r *refusals) giveUp(err error) end {
	if api, ok := errors.AsType[*ecs.Error](err); ok {
		r.down.CompareAndSwap(nil, api)
	}
	return refused(err)
}
