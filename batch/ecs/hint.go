package ecs

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryHint reads how long the server asks to stay away, 0 if it does not say.
// Which of these headers ECS sends is not documented; all that its gateways and
// SDKs know are understood, and the longest counts.
func retryHint(h http.Header) time.Duration {
	hint := count(h.Get("x-acs-retry-after"), time.Millisecond)
	for _, name := range []string{"x-ratelimit-user-api", "x-ratelimit-user"} {
		for field := range strings.SplitSeq(h.Get(name), ",") {
			if value, ok := strings.CutPrefix(strings.TrimSpace(field), "TimeLeft:"); ok {
				hint = max(hint, count(value, time.Millisecond))
			}
		}
	}
	hint = max(hint, count(h.Get("Retry-After"), time.Second))
	return min(hint, maxHint)
}

// maxHint bounds what a broken header can do: a quota comes back within
// minutes, whatever a proxy says.
const maxHint = 5 * time.Minute

// count reads a number of units, 0 if it is none. What is out of range is
// longer than any hint that is heeded.
func count(s string, unit time.Duration) time.Duration {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return time.Duration(max(n, 0)) * unit
}
