package pace

import "time"

// A clock is what is known of the server's clock, which is told to the second:
// it is ahead of ours by something from least to most.
type clock struct {
	known       bool
	least, most time.Duration
}

// learn narrows the clock by what a server said between two times of ours. If
// that contradicts what was known, a clock was set, and only the news count.
func (c *clock) learn(said, sent, received time.Time) {
	least, most := said.Sub(received), said.Add(time.Second).Sub(sent)
	if c.known && least <= c.most && c.least <= most {
		least, most = max(least, c.least), min(most, c.most)
	}
	*c = clock{known: true, least: least, most: most}
}

// nextMinute is when the server's next minute has begun for certain.
func (c *clock) nextMinute(now time.Time) time.Time {
	server := now.Add(c.least)
	return now.Add(server.Truncate(time.Minute).Add(time.Minute).Sub(server))
}
