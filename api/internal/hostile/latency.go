package hostile

import (
	"slices"
	"time"
)

// Latencies are the durations of requests, in ascending order.
type Latencies []time.Duration

// Quantile returns the duration that the share q of the requests, from 0 to 1, did not exceed,
// rounded to a tenth of a millisecond.
func (l Latencies) Quantile(q float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	return l[min(int(q*float64(len(l))), len(l)-1)].Round(100 * time.Microsecond)
}

func sorted(l Latencies) Latencies { slices.Sort(l); return l }
