package history

import "time"

// A Moment is a point in time to the nanosecond. It takes a third of the room of
// a [time.Time], of which a large run would hold millions. The zero value is no
// time at all, and stands for the very start of 1970 too; what lies before 1678 or
// after 2262 becomes the first or last moment.
type Moment int64

// The first and the last moment.
var (
	firstMoment = time.Unix(0, -1<<63).UTC()
	lastMoment  = time.Unix(0, 1<<63-1).UTC()
)

// MomentOf is the moment of a time.
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

// IsZero tells that it is no time at all.
func (m Moment) IsZero() bool { return m == 0 }

// Time is the moment in UTC, the zero time if it is none.
func (m Moment) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(m)).UTC()
}

// MarshalJSON writes it as [time.Time.MarshalJSON] does.
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
