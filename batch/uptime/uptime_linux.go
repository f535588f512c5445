package uptime

import (
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// bootID returns the kernel's name for this boot, "" if it cannot be had, or the
// clock cannot. Time namespaces, which containers may have, shift the clock.
var bootID = sync.OnceValue(func() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil || sinceBoot() <= 0 {
		return ""
	}
	shift, _ := os.Readlink("/proc/self/ns/time") // there is none before Linux 5.6
	return strings.TrimSpace(strings.TrimSpace(string(text)) + " " + shift)
})

// sinceBoot returns how long ago the host was started.
func sinceBoot() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
