package pace

import "time"

// A clock is what is known of the server's clock, whose readings are in whole
// seconds: it is ahead of ours by least to most.
type clock struct {
	known       bool
	least, most time.Duration
}

// learn narrows the range by a reading that the server took between two times
// of ours. A reading that contradicts the range means that a clock was set: the
// range then comes from this reading alone.
func (c *clock) learn(said, sent, received time.Time) {
	least, most := said.Sub(received), said.Add(time.Second).Sub(sent)
	if c.known && least <= c.most && c.least <= most {
		least, most = max(least, c.least), min(most, c.most)
	}
	*c = clock{known: true, least: least, most: most}
}

// nextMinute is when the server's next minute has certainly begun.
func (c *clock) nextMinute(now time.Time) time.Time {
	server := now.Add(c.least)
	return now.Add(server.Truncate(time.Minute).Add(time.Minute).Sub(server))
}
