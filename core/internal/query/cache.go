package query

import "sync"

// recent is a two-generation cache. When the young generation is full it becomes the
// old one; old entries that were not used since are dropped. It is safe for concurrent
// use.
type recent[K comparable, V any] struct {
	size int // of each generation

	mu         sync.RWMutex // guards both
	young, old map[K]V
}

func (c *recent[K, V]) get(key K) (V, bool) {
	c.mu.RLock()
	v, ok := c.young[key]
	young := ok
	if !ok {
		v, ok = c.old[key]
	}
	c.mu.RUnlock()
	if ok && !young {
		c.put(key, v)
	}
	return v, ok
}

func (c *recent[K, V]) put(key K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.young == nil || len(c.young) >= c.size {
		c.old, c.young = c.young, make(map[K]V)
	}
	c.young[key] = v
}
