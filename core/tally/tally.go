// Package tally counts and times for metrics: adding to a figure takes some nanoseconds and no
// lock, and figures are read when somebody asks for them. It knows nothing of who asks.
package tally

import (
	"slices"
	"sync/atomic"
	"time"
)

// Histogram counts values by their sizes. It is safe for concurrent use, and must be made by
// Durations or Sizes.
type Histogram struct {
	bounds []int64 // upper ones, in ascending order
	counts []atomic.Uint64
	sum    atomic.Int64
}

// Durations is a histogram of times. The bounds are in ascending order.
func Durations(bounds ...time.Duration) *Histogram {
	h := &Histogram{counts: make([]atomic.Uint64, len(bounds)+1)}
	for _, b := range bounds {
		h.bounds = append(h.bounds, int64(b))
	}
	return h
}

// Sizes is a histogram of numbers. The bounds are in ascending order.
func Sizes(bounds ...int64) *Histogram {
	return &Histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

// Add counts a value: a number, or nanoseconds.
func (h *Histogram) Add(value int64) {
	i, _ := slices.BinarySearch(h.bounds, value)
	h.counts[i].Add(1)
	h.sum.Add(value)
}

// Since counts the time that has gone since then.
func (h *Histogram) Since(began time.Time) { h.Add(int64(time.Since(began))) }

// Distribution is the contents of a Histogram at one moment.
type Distribution struct {
	Count  uint64
	Sum    int64
	Bounds []int64  // shared, not to be changed
	Below  []uint64 // values up to the bound at the same place
}

// Read returns the contents. Values that are added meanwhile may be in a part of it only.
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

// Calls counts the calls of one kind, those that failed, and their time. The zero Calls is ready;
// it is safe for concurrent use.
type Calls struct {
	count, failed atomic.Uint64
	time          atomic.Int64
}

// Ended counts a call that has begun then and ends now.
func (c *Calls) Ended(began time.Time, err error) {
	c.time.Add(int64(time.Since(began)))
	c.count.Add(1)
	if err != nil {
		c.failed.Add(1)
	}
}

// CallCount is the contents of Calls at one moment.
type CallCount struct {
	Count, Failed uint64
	Time          time.Duration // of all
}

// Read returns the contents.
func (c *Calls) Read() CallCount {
	return CallCount{c.count.Load(), c.failed.Load(), time.Duration(c.time.Load())}
}
