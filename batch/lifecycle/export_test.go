package lifecycle

import "imgrename/batch/runs"

// CheckLocks has a life ask whether its locks are still held.
func (l *Life) CheckLocks(check func() error) {
	l.check = func(*runs.Locks) error { return check() }
}
