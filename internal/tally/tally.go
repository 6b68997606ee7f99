// Package tally has histograms and call counters for metrics. Adding a value takes some
// nanoseconds and no lock. The package knows no format of metrics.
package tally

import (
	"slices"
	"sync/atomic"
	"time"
)

// Histogram counts values in buckets. It is safe for concurrent use, and must be made by
// Durations or Sizes.
type Histogram struct {
	bounds []int64 // upper bounds of the buckets, in ascending order
	counts []atomic.Uint64
	sum    atomic.Int64
}

// Durations returns a Histogram of durations, which counts nanoseconds. The bounds are the upper
// bounds of the buckets, in ascending order.
func Durations(bounds ...time.Duration) *Histogram {
	h := &Histogram{counts: make([]atomic.Uint64, len(bounds)+1)}
	for _, b := range bounds {
		h.bounds = append(h.bounds, int64(b))
	}
	return h
}

// Sizes returns a Histogram of numbers. The bounds are the upper bounds of the buckets, in
// ascending order.
func Sizes(bounds ...int64) *Histogram {
	return &Histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

// Add counts a value: a number, or a duration in nanoseconds.
func (h *Histogram) Add(value int64) {
	i, _ := slices.BinarySearch(h.bounds, value)
	h.counts[i].Add(1)
	h.sum.Add(value)
}

// Since counts the time from began until now.
func (h *Histogram) Since(began time.Time) { h.Add(int64(time.Since(began))) }

// Distribution is the state of a Histogram at one moment.
type Distribution struct {
	Count  uint64
	Sum    int64
	Bounds []int64  // upper bounds; shared, read-only
	Below  []uint64 // Below[i] counts the values up to Bounds[i]
}

// Read returns the state. A value that is added meanwhile may be in some of the fields only.
func (h *Histogram) Read() Distribution {
	d := Distribution{Sum: h.sum.Load(), Bounds: h.bounds, Below: make([]uint64, len(h.bounds))}
	for i := range h.counts {
		d.Count += h.counts[i].Load()
		if i < len(d.Below) {
			d.Below[i] = d.Count
		}
	}
	return d
}

// Calls counts calls, failed calls, and the time of all calls. The zero Calls is ready to use;
// it is safe for concurrent use.
type Calls struct {
	count, failed atomic.Uint64
	time          atomic.Int64
}

// Ended counts a call that lasted from began until now; it counts as failed if err is not nil.
func (c *Calls) Ended(began time.Time, err error) {
	c.time.Add(int64(time.Since(began)))
	c.count.Add(1)
	if err != nil {
		c.failed.Add(1)
	}
}

// CallCount is the state of Calls at one moment.
type CallCount struct {
	Count, Failed uint64
	Time          time.Duration // of all calls together
}

// Read returns the state.
func (c *Calls) Read() CallCount {
	return CallCount{c.count.Load(), c.failed.Load(), time.Duration(c.time.Load())}
}
