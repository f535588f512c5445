package batch

import (
	"errors"
	"sync/atomic"

	"imgrename/batch/ecs"
)

// forbiddenInARow is how many refusals in a row for lack of permission end a
// lane: one may concern its image, many do not.
const forbiddenInARow = 5

// refusals are what the steps of a lane learn for each other from calls that
// the API refused to one profile. They are safe for concurrent use.
type refusals struct {
	down      atomic.Pointer[ecs.Error] // why every further call would fail
	forbidden atomic.Int32              // refusals for lack of permission, in a row
}

// foreseen is the end of a row that is not attempted because every call of the
// lane would fail; undecided if calls may succeed.
func (r *refusals) foreseen() end {
	down := r.down.Load()
	if down == nil {
		return end{}
	}
	e := refused(down)
	e.requestID = "" // another row's
	return e
}

// denied is the end of a row for lack of permission. If there are too many in a
// row it gives up the lane.
func (r *refusals) denied(err error) end {
	if r.forbidden.Add(1) >= forbiddenInARow {
		return r.giveUp(err)
	}
	return refused(err)
}

// giveUp is the end of a row whose refusal ends all later rows of the lane.
func (r *refusals) giveUp(err error) end {
	if api, ok := errors.AsType[*ecs.Error](err); ok {
		r.down.CompareAndSwap(nil, api)
	}
	return refused(err)
}
