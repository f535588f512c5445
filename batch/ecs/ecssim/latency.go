package ecssim

import (
	"math"
	"math/rand/v2"
	"time"
)

// Latency is how long a call takes without quotas and faults. The server sees
// it after 40 % of that time. The zero value takes no time at all.
type Latency struct {
	Median time.Duration
	Spread float64       // sigma of a lognormal distribution; 0 is always the median
	Refuse time.Duration // from arrival to answer of a throttled call; as others if zero
}

const wayThere = 0.4

func (l Latency) draw(dice *rand.Rand) time.Duration {
	if l.Spread == 0 {
		return l.Median
	}
	return time.Duration(float64(l.Median) * math.Exp(l.Spread*dice.NormFloat64()))
}
