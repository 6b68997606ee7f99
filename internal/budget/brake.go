// Brake: a delay after failed attempts.

package budget

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/cache"
)

// Brake delays attempts after repeated failures with the same key, for example guesses of one
// password from one address. A success with a key is not delayed by failures with other keys. It is
// safe for concurrent use, and its memory is bounded.
type Brake struct {
	seed maphash.Seed

	mu     sync.Mutex // guards the entries of failed
	failed *cache.Cache[uint64, failures]
	passed *cache.Cache[uint64, struct{}]
}

// failures are the failed attempts with a key since the last success.
type failures struct {
	count int
	last  time.Time
}

const (
	freeFailures = 5               // failed attempts without a delay
	firstDelay   = time.Second     // after the next failed attempt; each further one doubles it
	maxDelay     = 5 * time.Minute // failures are forgotten after three times as long
	brakeKeys    = 1 << 16         // the approximate number of keys that are kept, failed and passed each
)

// NewBrake returns a Brake without failures.
func NewBrake() *Brake {
	return &Brake{
		seed: maphash.MakeSeed(), failed: cache.New[uint64, failures](brakeKeys),
		passed: cache.New[uint64, struct{}](brakeKeys),
	}
}

// Key makes a key of texts, such as a collection, an identity and an address.
func (b *Brake) Key(texts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(b.seed)
	for _, text := range texts {
		_, _ = h.WriteString(text)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// Check returns nil if an attempt is allowed now, else a fault.TooMany with the time to wait.
func (b *Brake) Check(key uint64) error {
	f, ok := b.failed.Get(key)
	if !ok || f.count <= freeFailures {
		return nil
	}
	left := f.delay() - time.Since(f.last)
	if left <= 0 {
		return nil
	}
	return &fault.Error{Kind: fault.TooMany, RetryAfter: left}
}

// delay returns the time after the last failure in which no attempt is allowed.
func (f failures) delay() time.Duration {
	if f.count <= freeFailures {
		return 0
	}
	return min(firstDelay<<min(f.count-freeFailures-1, 20), maxDelay)
}

// Failed records a failed attempt. It returns the number of further attempts without a wait, and
// the time in which no attempt is allowed; one of the two is 0.
func (b *Brake) Failed(key uint64) (free int, delay time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, _ := b.failed.Get(key)
	if time.Since(f.last) > 3*maxDelay {
		f.count = 0
	}
	f = failures{f.count + 1, time.Now()}
	b.failed.Put(key, f)
	return max(0, freeFailures+1-f.count), f.delay()
}

// Passed records a successful attempt, and forgets the failed attempts with the key.
func (b *Brake) Passed(key uint64) {
	b.mu.Lock()
	b.failed.Delete(key)
	b.mu.Unlock()
	b.passed.Put(key, struct{}{})
}

// HasPassed reports whether an attempt with the key is known to have succeeded.
func (b *Brake) HasPassed(key uint64) bool {
	_, ok := b.passed.Get(key)
	return ok
}
