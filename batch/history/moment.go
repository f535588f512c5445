package history

import "time"

// A Moment is a point in time, in nanoseconds. It takes a third of the memory of
// a [time.Time], of which a large run would hold millions. The zero value means
// no time; the very start of 1970 cannot be told from it. A time before 1678 or
// after 2262 becomes the first or the last moment.
type Moment int64

// The first and the last moment.
var (
	firstMoment = time.Unix(0, -1<<63).UTC()
	lastMoment  = time.Unix(0, 1<<63-1).UTC()
)

// MomentOf returns the moment of a time.
func MomentOf(t time.Time) Moment {
	switch {
	case t.IsZero():
		return 0
	case t.Before(firstMoment):
		t = firstMoment
	case t.After(lastMoment):
		t = lastMoment
	}
	return Moment(t.UnixNano())
}

// IsZero reports whether m means no time.
func (m Moment) IsZero() bool { return m == 0 }

// Time returns the moment in UTC, the zero time for the zero moment.
func (m Moment) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(m)).UTC()
}

// MarshalJSON writes what [time.Time.MarshalJSON] does.
func (m Moment) MarshalJSON() ([]byte, error) { return m.Time().MarshalJSON() }

// UnmarshalJSON reads what [time.Time.UnmarshalJSON] does.
func (m *Moment) UnmarshalJSON(b []byte) error {
	var t time.Time
	if err := t.UnmarshalJSON(b); err != nil {
		return err
	}
	*m = MomentOf(t)
	return nil
}
