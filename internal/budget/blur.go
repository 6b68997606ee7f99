// Blur: the delay of repeated empty answers.

package budget

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/loambase/loam/internal/cache"
)

// Blur delays empty answers to a caller who has had several such answers lately. The delay is
// random, so the time of such an answer reveals less about the data that was searched. A Blur is
// safe for concurrent use, and its memory is bounded.
type Blur struct {
	mu     sync.Mutex // guards the entries of misses
	misses *cache.Cache[Caller, misses]
}

// misses are the times of the last empty answers, from the latest to the earliest.
type misses [freeMisses]time.Time

const (
	freeMisses = 3 // empty answers that are not delayed
	missWindow = 3 * time.Second
	maxBlur    = 500 * time.Millisecond
	blurred    = 1 << 14 // approximate number of callers that are remembered
)

// NewBlur returns a Blur that has seen no caller.
func NewBlur() *Blur { return &Blur{misses: cache.New[Caller, misses](blurred)} }

// Miss records an empty answer, and returns its delay: up to half a second from the fourth empty
// answer within three seconds on. Answers to superusers are not delayed.
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
