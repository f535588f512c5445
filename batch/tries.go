package batch

import "slices"

// tries counts the calls of a step, or of a read, that [Retry.Attempts] bounds.
// Those that an outage kept from being answered do not count, which may turn
// out when more of them have failed.
type tries struct {
	certain int
	failed  []*streak // of each call that failed on its way
}

// add counts a call; s is what note said of it.
func (t *tries) add(s *streak) {
	if s == nil {
		t.certain++
	} else {
		t.failed = append(t.failed, s)
	}
}

// spent is how many calls count, for all that is known now.
func (t *tries) spent() int {
	t.failed = slices.DeleteFunc(t.failed, func(s *streak) bool { return s.outage.Load() })
	return t.certain + len(t.failed)
}
