package ecs

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryHint reads how long the server asks to stay away, 0 if it does not say.
// Which of these headers ECS sends is not documented; all that its gateways and
// SDKs know are understood, and the longest counts.
func retryHint(h http.Header) time.Duration {
	hint := milliseconds(h.Get("x-acs-retry-after"))
	for _, name := range []string{"x-ratelimit-user-api", "x-ratelimit-user"} {
		for field := range strings.SplitSeq(h.Get(name), ",") {
			if value, ok := strings.CutPrefix(strings.TrimSpace(field), "TimeLeft:"); ok {
				hint = max(hint, milliseconds(value))
			}
		}
	}
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil {
		hint = max(hint, time.Duration(s)*time.Second)
	}
	return min(max(hint, 0), maxHint)
}

// maxHint bounds what a broken header can do: a quota comes back within
// minutes, whatever a proxy says.
const maxHint = 5 * time.Minute

func milliseconds(s string) time.Duration {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Millisecond
}
