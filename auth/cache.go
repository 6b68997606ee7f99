package auth

import (
	"crypto/sha256"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/record"
)

// identity is what a verified token stands for. Immutable.
type identity struct {
	record      *record.Record // shared: hand out clones
	refreshable bool
	expires     int64 // Unix time; 0: never

	snapshot   uint64 // number of the snapshot it was verified under
	generation mark
}

// alive says whether the identity may still be used.
func (id *identity) alive(snapshot uint64, now time.Time) bool {
	return id.snapshot == snapshot && (id.expires == 0 || now.Unix() < id.expires) && id.generation.current()
}

// tokenHash stands for a token: what is remembered gives no token away.
type tokenHash [sha256.Size]byte

func hashToken(token string) tokenHash {
	var buf [maxToken]byte // keeps the copy off the heap
	return sha256.Sum256(buf[:copy(buf[:], token)])
}

// maxIdentities is how many tokens are remembered at most.
const maxIdentities = 16384

// cache remembers verified tokens.
//
// Records are forgotten by counting, not by searching: each belongs to one of
// many stripes, a stripe's counter goes up when one of its records changes, and an
// identity counts only as long as the counter is what it was before the record
// was read for it. So a lookup that began before a change cannot leave behind
// what it saw, whenever it ends. That some neighbours have to be verified again
// costs them microseconds.
type cache struct {
	seed    maphash.Seed
	stripes [4096]atomic.Uint64

	// Two halves: when the young one is full it becomes the old one, and what was
	// in the old one and not used since is gone.
	mu         sync.RWMutex // guards what follows
	young, old map[tokenHash]*identity
}

func newCache() *cache {
	return &cache{seed: maphash.MakeSeed(), young: map[tokenHash]*identity{}}
}

// mark is the state of a stripe at some time.
type mark struct {
	stripe *atomic.Uint64
	count  uint64
}

func (m mark) current() bool { return m.stripe.Load() == m.count }

// mark is to be taken before the record is read.
func (c *cache) mark(recordID string) mark {
	stripe := c.stripe(recordID)
	return mark{stripe, stripe.Load()}
}

func (c *cache) stripe(recordID string) *atomic.Uint64 {
	return &c.stripes[maphash.String(c.seed, recordID)%uint64(len(c.stripes))]
}

// forget makes every identity of the record void.
func (c *cache) forget(recordID string) { c.stripe(recordID).Add(1) }

// forgetAll makes every identity void.
func (c *cache) forgetAll() {
	for i := range c.stripes {
		c.stripes[i].Add(1)
	}
}

// get is the living identity of the token, nil if there is none.
func (c *cache) get(hash tokenHash, snapshot uint64, now time.Time) *identity {
	c.mu.RLock()
	id, isYoung := c.young[hash]
	if !isYoung {
		id = c.old[hash]
	}
	c.mu.RUnlock()
	if id == nil || !id.alive(snapshot, now) {
		return nil
	}
	if !isYoung {
		c.put(hash, id)
	}
	return id
}

func (c *cache) put(hash tokenHash, id *identity) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young) >= maxIdentities/2 {
		c.old, c.young = c.young, make(map[tokenHash]*identity, maxIdentities/2)
	}
	c.young[hash] = id
}
