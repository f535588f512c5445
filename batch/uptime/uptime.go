// Package uptime tells how long the host has been up, so that the processes of
// one boot know how long ago another one did something. The clock cannot be set,
// and goes on while the host sleeps.
//
// Where the system does not tell, each process is a boot of its own, and its
// clock is the monotonic one.
package uptime

import (
	"crypto/rand"
	"sync"
	"time"
)

// Boot returns a name for the time since the host was started.
func Boot() string {
	if name := bootID(); name != "" {
		return name
	}
	return own().name
}

// Now returns how long ago that was.
func Now() time.Duration {
	if bootID() != "" {
		return sinceBoot()
	}
	return time.Since(own().began)
}

// A boot of its own.
type ownBoot struct {
	name  string
	began time.Time
}

var own = sync.OnceValue(func() ownBoot { return ownBoot{"process " + rand.Text(), time.Now().Add(-1)} })
