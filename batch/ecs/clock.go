package ecs

import (
	"sync/atomic"
	"time"
)

// A Clock is the server's time as far as it is known: this host's own until the
// API refuses a call for its date, then that of the refusal. The zero value is
// ready to use, by any number of clients at once.
type Clock struct{ offset atomic.Int64 }

// Offset returns how far the server's clock is ahead of this host's, below 0 if
// it is behind. It is 0 until a call is refused for its date.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }

func (c *Clock) now() time.Time { return time.Now().Add(c.Offset()) }

// set takes the date of a reply that has just arrived as the server's time.
// That ignores the way back and fractions of a second: little, beside the 15
// minutes that a call's date may be off.
func (c *Clock) set(date time.Time) { c.offset.Store(int64(time.Until(date))) }

// learn takes from a refusal what later calls need: the server's time, and that
// the credentials have expired.
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
