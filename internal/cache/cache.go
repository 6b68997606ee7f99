// Package cache holds the server's caches in memory: one that is bounded by the number of its
// entries (Cache), and one for values that were derived from a snapshot and are invalid with it
// (PerSnapshot, with Map for its entries). All are safe for concurrent use.
//
// The caches promise:
//
//   - Hits are cheap and run side by side: Cache.Get takes a read lock, Map.Get none.
//   - An entry that was read since the last change of generation stays. Memory is
//     bounded by the number of entries; the size of keys and values is up to the callers.
//   - A Get that began before a Delete cannot bring the entry back.
//
// The caches do not promise that a value which was computed from old data is not stored after its
// key was deleted. A caller who computes values must store the state that they were computed from
// in the values (a stamp of the tables, a counter that an invalidation increments) and compare it
// at each hit.
//
// hashicorp/golang-lru was weighed: its hits take an exclusive lock, because they move the entry to
// the front of a list, and the exact order of use is not needed here.
package cache

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// Cache is a bounded cache of two generations. New entries go into the young generation. When it is
// full it becomes the old generation, and entries of the previous old generation that were not read
// since are evicted. A Cache must not be copied.
type Cache[K comparable, V any] struct {
	perGeneration int
	evicted       func(K, V) // may be nil

	hits, misses atomic.Uint64 // of Get

	mu         sync.RWMutex // guards both maps
	young, old map[K]V      // no key is in both
}

// New returns a cache of at most size entries, of which it keeps at least the more recent half. A
// size below 2 counts as 2.
func New[K comparable, V any](size int) *Cache[K, V] { return NewEvicting[K, V](size, nil) }

// NewEvicting returns a cache with a function that is called with each entry that leaves the cache:
// by eviction, by Delete or Clear, or replaced by another value of its key. It is called in the
// goroutine that has removed the entry, and no lock is held.
func NewEvicting[K comparable, V any](size int, evicted func(K, V)) *Cache[K, V] {
	return &Cache[K, V]{perGeneration: max(size/2, 1), evicted: evicted}
}

// Get returns the value of the key; ok is false if there is none.
func (c *Cache[K, V]) Get(key K) (v V, ok bool) {
	c.mu.RLock()
	v, ok = c.young[key]
	aged := false
	if !ok {
		v, aged = c.old[key]
	}
	c.mu.RUnlock()
	c.count(ok || aged)
	if aged {
		return c.rejuvenate(key)
	}
	return v, ok
}

func (c *Cache[K, V]) count(hit bool) {
	if hit {
		c.hits.Add(1)
	} else {
		c.misses.Add(1)
	}
}

// Usage holds the figures of use of a cache: the hits and misses since it was made.
type Usage struct {
	Hits, Misses uint64
	Entries      int
}

// Usage returns the figures of use.
func (c *Cache[K, V]) Usage() Usage { return Usage{c.hits.Load(), c.misses.Load(), c.Len()} }

// GetBytes does the same as c.Get, with a key that is given as bytes, which are not copied.
func GetBytes[V any](c *Cache[string, V], key []byte) (v V, ok bool) {
	c.mu.RLock()
	v, ok = c.young[string(key)]
	aged := false
	if !ok {
		v, aged = c.old[string(key)]
	}
	c.mu.RUnlock()
	c.count(ok || aged)
	if aged {
		return c.rejuvenate(string(key))
	}
	return v, ok
}

// rejuvenate moves an entry to the young generation and returns it, unless it was
// deleted in the meantime.
func (c *Cache[K, V]) rejuvenate(key K) (V, bool) {
	c.mu.Lock()
	v, ok := c.young[key]
	var gone map[K]V
	if !ok {
		if v, ok = c.old[key]; ok {
			delete(c.old, key)
			gone = c.add(key, v)
		}
	}
	c.mu.Unlock()
	c.tell(gone)
	return v, ok
}

// Put stores the value under the key, and replaces an earlier value.
func (c *Cache[K, V]) Put(key K, v V) {
	c.mu.Lock()
	replaced, had := c.remove(key)
	gone := c.add(key, v)
	c.mu.Unlock()
	if had && c.evicted != nil {
		c.evicted(key, replaced)
	}
	c.tell(gone)
}

// Delete removes the entry of the key, if there is one.
func (c *Cache[K, V]) Delete(key K) {
	c.mu.Lock()
	v, had := c.remove(key)
	c.mu.Unlock()
	if had && c.evicted != nil {
		c.evicted(key, v)
	}
}

// Clear removes every entry.
func (c *Cache[K, V]) Clear() {
	c.mu.Lock()
	young, old := c.young, c.old
	c.young, c.old = nil, nil
	c.mu.Unlock()
	c.tell(young)
	c.tell(old)
}

// DeleteFunc removes every entry for which drop returns true, and frees the memory. drop runs under
// the lock of the cache and must not use the cache.
func (c *Cache[K, V]) DeleteFunc(drop func(K, V) bool) {
	gone := map[K]V{}
	c.mu.Lock()
	for _, generation := range []*map[K]V{&c.young, &c.old} {
		kept := map[K]V{}
		for key, v := range *generation {
			switch {
			case !drop(key, v):
				kept[key] = v
			case c.evicted != nil:
				gone[key] = v
			}
		}
		*generation = kept // a map never shrinks
	}
	c.mu.Unlock()
	c.tell(gone)
}

// Keys returns the keys of the entries, in no particular order.
func (c *Cache[K, V]) Keys() []K {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.AppendSeq(slices.Collect(maps.Keys(c.young)), maps.Keys(c.old))
}

// Len returns the number of entries.
func (c *Cache[K, V]) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.young) + len(c.old)
}

// add puts a key that is in neither generation into the young one. If that removes the old
// generation, add returns it. The lock must be held.
func (c *Cache[K, V]) add(key K, v V) (gone map[K]V) {
	if len(c.young) >= c.perGeneration {
		gone, c.old, c.young = c.old, c.young, nil
	}
	if c.young == nil {
		c.young = make(map[K]V)
	}
	c.young[key] = v
	return gone
}

// remove removes the key from its generation. The lock must be held.
func (c *Cache[K, V]) remove(key K) (v V, had bool) {
	if v, had = c.young[key]; had {
		delete(c.young, key)
		return v, true
	}
	if v, had = c.old[key]; had {
		delete(c.old, key)
	}
	return v, had
}

// tell calls evicted for each entry of a generation that has left.
func (c *Cache[K, V]) tell(gone map[K]V) {
	if c.evicted == nil {
		return
	}
	for key, v := range gone {
		c.evicted(key, v)
	}
}
