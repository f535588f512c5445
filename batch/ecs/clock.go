package ecs

import (
	"sync/atomic"
	"time"
)

// A Clock is the server's time, as far as it is known: this host's own time
// until the API refuses a call for its date, then the time that the refusal was
// answered at. The zero value is ready for use, by any number of clients at
// once.
type Clock struct{ offset atomic.Int64 }

// Offset is how far the server's clock is ahead of this host's, below 0 if it
// is behind. It is 0 as long as no call was refused for its date.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }

func (c *Clock) now() time.Time { return time.Now().Add(c.Offset()) }

// set takes the date of a reply that has just come for the server's time. The
// way back and the part of the second that it does not tell are lost: of the 15
// minutes that a call's date may be off, that is nothing.
func (c *Clock) set(date time.Time) { c.offset.Store(int64(time.Until(date))) }

// learn draws from a refusal what the calls after it need: the server's time,
// and credentials that have not run out.
func (c *caller) learn(failure *Error, used Credentials) {
	switch m, _ := meaningOf(failure.Code); m.class {
	case Skewed:
		if !failure.Date.IsZero() {
			c.clock.set(failure.Date)
		}
	case Expired:
		if r, ok := c.credentials.(Renewer); ok {
			r.Expire(used)
		}
	}
}
