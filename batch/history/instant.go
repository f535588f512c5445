package history

import "time"

// An Instant is a point in time as one process writes it down for others. Wall
// clocks are set, and run on different hosts: they do not tell how long ago it
// was.
type Instant struct {
	At time.Time // by the wall clock
	// Boot names the time since the host was started, "" if it is not known. Up
	// is how long ago that was, by a clock that cannot be set and that goes on
	// while the host sleeps.
	Boot string
	Up   time.Duration
}

// wallDoubt is by how much the difference of two wall clocks may be wrong, or
// that of one before and after it was set.
const wallDoubt = 24 * time.Hour

// Latest returns the latest time that then can have been, by the clock of now.
// In the same boot that is known. Else the wall clocks have to do, of which only
// what goes beyond a day is certain: then may have been just now. But another
// boot has done nothing since alone, unless that is zero.
func (now Instant) Latest(then Instant, alone time.Time) time.Time {
	if now.Boot != "" && now.Boot == then.Boot && then.Up > 0 && then.Up <= now.Up {
		return now.At.Add(then.Up - now.Up)
	}
	certain := now.At.Add(-max(now.At.Sub(then.At)-wallDoubt, 0))
	if now.Boot != "" && !alone.IsZero() && alone.Before(certain) {
		return alone
	}
	return certain
}
