package history

import (
	"time"

	"imgrename/batch/ecs"
)

// ReadLag is how long a read may still show what an image was like before a
// write that the API has acknowledged.
const ReadLag = 12 * time.Second

// A LateCall is a call without a clear answer: it may still take effect.
type LateCall struct {
	At  time.Time // when it was sent, the last of several
	Set ecs.Attributes
	// Several reports that there are calls of different values.
	Several bool
}

// And returns the two calls as one.
func (l LateCall) And(other LateCall) LateCall {
	switch {
	case l.At.IsZero():
		return other
	case other.At.IsZero():
		return l
	}
	l.Several = l.Several || other.Several || l.Set != other.Set
	if other.At.After(l.At) {
		l.At = other.At
	}
	return l
}
