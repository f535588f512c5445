package ecssim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// A trigger decides which calls a fault strikes.
type trigger struct {
	fault Fault
	kind  kind

	mu      sync.Mutex
	matched int // calls the fault is about
	struck  int
}

func newTrigger(f Fault) (*trigger, error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("fault %q: %w", f.Kind, err)
	}
	return &trigger{fault: f, kind: kinds[f.Kind]}, nil
}

// strikes counts the call and reports whether it is struck. A fault with only a
// chance strikes the same calls in whatever order they come.
func (t *trigger) strikes(x *exchange, age time.Duration, dice *rand.Rand) bool {
	f := &t.fault
	if !t.about(x) || !f.active(age) {
		return false
	}
	lucky := f.Chance > 0 && dice.Float64() >= f.Chance
	t.mu.Lock()
	defer t.mu.Unlock()
	t.matched++
	switch {
	case lucky,
		t.matched <= f.After,
		f.Every > 0 && (t.matched-f.After)%f.Every != 0,
		f.Times > 0 && t.struck >= f.Times:
		return false
	}
	t.struck++
	return true
}

// active reports whether the fault is on at a time after the server's start.
func (f *Fault) active(age time.Duration) bool {
	return age >= f.At && (f.For == 0 || age < f.At+f.For)
}

func (t *trigger) about(x *exchange) bool {
	f := &t.fault
	if f.Account != "" && f.Account != x.call.Account || f.Region != "" && f.Region != x.call.Region ||
		f.Image != "" && !slices.Contains(x.images(), f.Image) {
		return false
	}
	if t.kind.scope == scopeToken && x.request.token == "" {
		return false
	}
	switch f.Action {
	case "":
		return t.kind.scope.holds(x.operation)
	case "any":
		return true
	case "write":
		return x.operation.write
	case "read":
		return x.operation.run != nil && !x.operation.write && x.operation.version == versionECS
	default:
		return f.Action == x.request.action
	}
}

func (s scope) holds(o operation) bool {
	switch s {
	case scopeWrite:
		return o.write
	case scopeRead:
		return o.listing
	case scopeECS, scopeToken:
	}
	return o.version == versionECS
}

// mischief gathers what happens to a call.
func (s *Server) mischief(x *exchange, dice *rand.Rand) mischief {
	var m mischief
	if len(s.faults) == 0 {
		return m
	}
	age := time.Since(s.start)
	for _, t := range s.faults {
		if t.strikes(x, age, dice) {
			m.plays(t.fault, t.kind)
		}
	}
	return m
}

// down reports whether an outage without conditions is on at this moment, so
// that answers under way are lost as well.
func (s *Server) down() bool {
	age := time.Since(s.start)
	for _, t := range s.faults {
		f := t.fault
		if f.Kind == outage && f.active(age) && f.Chance+float64(f.Every+f.After+f.Times) == 0 && f.Account+f.Region+f.Image+f.Action == "" {
			return true
		}
	}
	return false
}
