// Pace: the kinds of work that have been slow lately.

package budget

import (
	"time"

	"github.com/loambase/loam/internal/cache"
)

// Pace remembers which kinds of work are slow, so that slow work can be separated from other work
// before it begins. A Pace is safe for concurrent use, and its memory is bounded.
type Pace struct {
	slow  *cache.Cache[uint64, time.Time] // the last time that the kind was slow
	quick *cache.Cache[uint64, struct{}]
}

// Speed is the known speed of a kind of work.
type Speed uint8

const (
	// Unknown work has not run yet, or was slow some time ago.
	Unknown Speed = iota
	// Quick work has not been slow since it was unknown.
	Quick
	// Slow work has been slow lately.
	Slow
)

const (
	slowFor = 30 * time.Second // after the last time that a kind was slow
	paces   = 1 << 12          // approximate number of kinds that are remembered of each speed
)

// NewPace returns a Pace that knows no kind.
func NewPace() *Pace {
	return &Pace{slow: cache.New[uint64, time.Time](paces), quick: cache.New[uint64, struct{}](paces)}
}

// Of returns the speed of the kind at the given time.
func (p *Pace) Of(kind uint64, now time.Time) Speed {
	if last, ok := p.slow.Get(kind); ok && now.Sub(last) < slowFor {
		return Slow
	}
	if _, ok := p.quick.Get(kind); ok {
		return Quick
	}
	return Unknown
}

// NoteSlow records that work of the kind was slow. The kind is slow for slowFor, and unknown then.
func (p *Pace) NoteSlow(kind uint64, now time.Time) {
	p.slow.Put(kind, now)
	p.quick.Delete(kind)
}

// NoteQuick records that work of the kind was quick. A kind that has been slow lately stays slow.
func (p *Pace) NoteQuick(kind uint64, now time.Time) {
	if p.Of(kind, now) == Unknown {
		p.quick.Put(kind, struct{}{})
	}
}
