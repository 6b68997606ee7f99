package auth

import (
	"crypto/sha256"
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/cache"
)

// identity is the result of verifying a token. It is immutable.
type identity struct {
	record      *record.Record // shared: return clones
	refreshable bool
	began       time.Time // the begin of its session; zero: unknown
	expires     int64     // Unix time; 0: never

	snapshot   uint64 // number of the snapshot of the verification
	generation mark
}

// alive reports whether the identity may still be used.
func (id *identity) alive(snapshot uint64, now time.Time) bool {
	return id.snapshot == snapshot && (id.expires == 0 || now.Unix() < id.expires) && id.generation.current()
}

// tokenHash is the key of a token in the cache, so that the cache contains no tokens.
type tokenHash [sha256.Size]byte

func hashToken(token string) tokenHash {
	var buf [maxToken]byte // keeps the copy off the heap
	return sha256.Sum256(buf[:copy(buf[:], token)])
}

// maxIdentities is the maximum number of cached tokens.
const maxIdentities = 16384

// identities caches verified tokens.
//
// Records are invalidated by counters: each record belongs to one of many stripes, whose counter is
// incremented when one of its records changes. An identity is valid while the counter has the value
// that it had before the record was read. So a lookup that began before a change never caches the
// earlier record, whenever the lookup ends. Tokens of the other records of the stripe are verified
// again, which costs microseconds.
type identities struct {
	seed    maphash.Seed
	stripes [4096]atomic.Uint64
	byToken *cache.Cache[tokenHash, *identity]
}

func newIdentities() *identities {
	return &identities{seed: maphash.MakeSeed(), byToken: cache.New[tokenHash, *identity](maxIdentities)}
}

// mark is the value of a stripe's counter at some time.
type mark struct {
	stripe *atomic.Uint64
	count  uint64
}

func (m mark) current() bool { return m.stripe.Load() == m.count }

// mark returns the counter of the record. It must be called before the record is read.
func (c *identities) mark(recordID string) mark {
	stripe := c.stripe(recordID)
	return mark{stripe, stripe.Load()}
}

func (c *identities) stripe(recordID string) *atomic.Uint64 {
	return &c.stripes[maphash.String(c.seed, recordID)%uint64(len(c.stripes))]
}

// forget invalidates every identity of the record.
func (c *identities) forget(recordID string) { c.stripe(recordID).Add(1) }

// forgetAll invalidates every identity.
func (c *identities) forgetAll() {
	for i := range c.stripes {
		c.stripes[i].Add(1)
	}
}

// get returns the identity of the token, nil if it is not cached or not alive.
func (c *identities) get(hash tokenHash, snapshot uint64, now time.Time) *identity {
	id, _ := c.byToken.Get(hash)
	if id == nil || !id.alive(snapshot, now) {
		return nil
	}
	return id
}

// TokenCache returns the usage of the cache of verified tokens, for metrics.
func (s *Service) TokenCache() cache.Usage { return s.cache.byToken.Usage() }

func (c *identities) put(hash tokenHash, id *identity) { c.byToken.Put(hash, id) }
