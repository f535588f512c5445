//go:build !linux

package uptime

import "time"

// bootID returns "": the system is not asked.
func bootID() string { return "" }

func sinceBoot() time.Duration { return 0 }
