package batch

import (
	"errors"

	"imgrename/batch/ecs"
)

// forbiddenInARow is how many rows may be refused for lack of permission
// before the lane is given up: one may concern its image, many do not.
const forbiddenInARow = 5

// laneDown is how the step ends where every call of the lane would fail. Only
// an open ring tries all the same: an image under a temporary name is worth a
// call in vain.
func (a *attempt) laneDown() *end {
	down := a.down.Load()
	if down == nil || a.open {
		return nil
	}
	e := refused(down)
	e.requestID = "" // another row's
	return &e
}

// denied ends a row for lack of permission, and the lane if that happens too
// often.
func (a *attempt) denied(err error) end {
	if a.forbidden.Add(1) >= forbiddenInARow {
		return a.giveUpLane(err)
	}
	return refused(err)
}

// giveUpLane ends the row and, with it, all rows of the lane that come after.
func (a *attempt) giveUpLane(err error) end {
	if api, ok := errors.AsType[*ecs.Error](err); ok {
		a.down.CompareAndSwap(nil, api)
	}
	return refused(err)
}
