// Blur: answers to those who look for what is not there, again and again, are delayed.

package budget

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/loambase/loam/internal/cache"
)

// Blur delays answers that are empty, to whoever has had several of late. The delay is
// random, so the time of such an answer tells less of what has been looked for. It is safe
// for concurrent use, and its memory is bounded.
type Blur struct {
	mu     sync.Mutex // guards the entries of misses
	misses *cache.Cache[Caller, misses]
}

// misses are the times of the last empty answers, from the latest to the earliest.
type misses [freeMisses]time.Time

const (
	freeMisses = 3 // that are not delayed
	missWindow = 3 * time.Second
	maxBlur    = 500 * time.Millisecond
	blurred    = 1 << 14 // callers that are remembered, about
)

// NewBlur returns a Blur that has seen no caller.
func NewBlur() *Blur { return &Blur{misses: cache.New[Caller, misses](blurred)} }

// Miss notes an empty answer at that time, and says how long it is to be delayed: up to
// half a second if it is more than the third within three seconds. Those of superusers
// are not.
func (b *Blur) Miss(c Caller, now time.Time) time.Duration {
	if c.Class == Superuser {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	m, _ := b.misses.Get(c)
	earliest := m[freeMisses-1]
	copy(m[1:], m[:])
	m[0] = now
	b.misses.Put(c, m)
	if now.Sub(earliest) >= missWindow {
		return 0
	}
	return rand.N(maxBlur)
}
