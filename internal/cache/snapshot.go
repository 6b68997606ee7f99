// A cache that belongs to the current snapshot of the collections and is dropped with it.

package cache

import (
	"sync"
	"sync/atomic"
)

// PerSnapshot holds a value of type V for the current snapshot, of type S, and for no other. The
// zero PerSnapshot makes zero values. V is usually a Map or a Cache; all goroutines share the
// value, so it must be safe for concurrent use.
type PerSnapshot[S, V any] struct {
	// New makes the value for a new snapshot; nil: the zero V. It must be set before the first use.
	New func() *V

	current atomic.Pointer[derived[S, V]]
}

// derived is a value with the snapshot that it was made from.
type derived[S, V any] struct {
	snapshot *S
	value    *V
}

// Of returns the value for the snapshot. The first call with another snapshot drops the value and
// makes a new one. Of takes no lock. A goroutine that continues with a replaced snapshot gets
// correct values, which are made anew for each call.
func (p *PerSnapshot[S, V]) Of(snapshot *S) *V {
	known := p.current.Load()
	if known != nil && known.snapshot == snapshot {
		return known.value
	}
	made := &derived[S, V]{snapshot, p.make()}
	if p.current.CompareAndSwap(known, made) {
		return made.value
	}
	if known = p.current.Load(); known.snapshot == snapshot {
		return known.value
	}
	return made.value // not kept: other goroutines use another snapshot
}

func (p *PerSnapshot[S, V]) make() *V {
	if p.New != nil {
		return p.New()
	}
	return new(V)
}

// Map is a cache without a bound, for few keys, such as collections and kinds of callers. The zero
// Map is empty and ready. It must not be copied.
type Map[K comparable, V any] struct{ entries sync.Map } // K → V

// Get returns the value of the key. If there is none yet, Get makes it; if two goroutines make it
// at the same time, both get the value of the first. A hit takes no lock.
func (m *Map[K, V]) Get(key K, make func() V) V {
	if v, ok := m.entries.Load(key); ok {
		return v.(V)
	}
	v, _ := m.entries.LoadOrStore(key, make())
	return v.(V)
}
