// Pace: which kinds of work have been slow of late.

package budget

import (
	"time"

	"github.com/loambase/loam/internal/cache"
)

// Pace remembers of kinds of work whether they are slow, so that they can be kept apart from
// others before they begin. It is safe for concurrent use, and its memory is bounded.
type Pace struct {
	slow  *cache.Cache[uint64, time.Time] // when it was slow last
	quick *cache.Cache[uint64, struct{}]
}

// Speed is what is known of a kind of work.
type Speed uint8

const (
	// Unknown work has not been seen, or was slow some time ago.
	Unknown Speed = iota
	// Quick work has not been slow since it was unknown.
	Quick
	// Slow work has been slow of late.
	Slow
)

const (
	slowFor = 30 * time.Second // after the last time that it was slow
	paces   = 1 << 12          // kinds that are remembered of each speed, about
)

// NewPace returns a Pace that has seen nothing.
func NewPace() *Pace {
	return &Pace{slow: cache.New[uint64, time.Time](paces), quick: cache.New[uint64, struct{}](paces)}
}

// Of says what is known of that kind at that time.
func (p *Pace) Of(kind uint64, now time.Time) Speed {
	if last, ok := p.slow.Get(kind); ok && now.Sub(last) < slowFor {
		return Slow
	}
	if _, ok := p.quick.Get(kind); ok {
		return Quick
	}
	return Unknown
}

// NoteSlow notes that it was slow. It is not quick for a time, and unknown then.
func (p *Pace) NoteSlow(kind uint64, now time.Time) {
	p.slow.Put(kind, now)
	p.quick.Delete(kind)
}

// NoteQuick notes that it was quick, which what has been slow of late stays for all that.
func (p *Pace) NoteQuick(kind uint64, now time.Time) {
	if p.Of(kind, now) == Unknown {
		p.quick.Put(kind, struct{}{})
	}
}
