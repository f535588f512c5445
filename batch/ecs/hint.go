package ecs

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryHint returns how long the server asks to wait, 0 if it does not say. ECS
// does not document which of these headers it sends, so all that its gateways
// and SDKs know are read, and the longest wait counts.
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

// maxHint limits the harm of a broken header: a quota comes back within
// minutes, whatever a proxy says.
const maxHint = 5 * time.Minute

// count parses a number of units, 0 if s is not one. A number out of range
// becomes the largest of 32 bits, which exceeds maxHint in either unit.
func count(s string, unit time.Duration) time.Duration {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return time.Duration(max(n, 0)) * unit
}
