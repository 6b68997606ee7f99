package hostile

import (
	"slices"
	"time"
)

// Latencies are the times that requests took, in order of their length.
type Latencies []time.Duration

// Quantile is the time that this share of the requests did not exceed, from 0 to 1, to a
// tenth of a millisecond.
func (l Latencies) Quantile(q float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	return l[min(int(q*float64(len(l))), len(l)-1)].Round(100 * time.Microsecond)
}

func sorted(l Latencies) Latencies { slices.Sort(l); return l }
