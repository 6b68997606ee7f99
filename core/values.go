// Values: a key-value store in memory, whose entries expire.

package core

import (
	"maps"
	"sync"
	"time"
)

// Values is a key-value store in the memory of this process. It is never written to disk, and each
// server process has its own. App.Values returns it. It is safe for concurrent use; the caller must
// synchronize access to the data that a value points to.
type Values struct {
	now func() time.Time

	mu      sync.Mutex // guards the fields below
	entries map[string]entry
	kept    int // number of entries after the last removal of expired ones
}

type entry struct {
	value any
	until time.Time // end of its time to live; zero: never expires
}

// Get returns the value of the key. ok is false if the key has no value or the value has expired.
func (v *Values) Get(key string) (value any, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.get(key)
}

// Set stores the value under the key for the time to live ttl, 0 for as long as the process
// runs. An existing value is replaced.
func (v *Values) Set(key string, value any, ttl time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.set(key, value, ttl)
}

// Add stores the value as Set does if the key has no value. Otherwise the existing value stays,
// and added is false. With Add, one of several goroutines can claim a piece of work.
func (v *Values) Add(key string, value any, ttl time.Duration) (added bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.get(key); ok {
		return false
	}
	v.set(key, value, ttl)
	return true
}

// Len returns the number of values in memory, including expired values not yet removed.
func (v *Values) Len() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.entries)
}

// Delete removes the value of the key. A key without a value is no error.
func (v *Values) Delete(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.entries, key)
}

// get returns the value of the key, as Get does. The lock must be held.
func (v *Values) get(key string) (value any, ok bool) {
	e, ok := v.entries[key]
	if !ok || e.over(v.now()) {
		return nil, false
	}
	return e.value, true
}

// set stores a value, as Set does. The lock must be held. Expired values are removed whenever the
// number of values has doubled since the last removal, so that Set costs constant time on average.
func (v *Values) set(key string, value any, ttl time.Duration) {
	const few = 100
	if len(v.entries) >= 2*max(v.kept, few) {
		now := v.now()
		maps.DeleteFunc(v.entries, func(_ string, e entry) bool { return e.over(now) })
		v.kept = len(v.entries)
	}
	if v.entries == nil {
		v.entries = map[string]entry{}
	}
	e := entry{value: value}
	if ttl > 0 {
		e.until = v.now().Add(ttl)
	}
	v.entries[key] = e
}

func (e entry) over(now time.Time) bool { return !e.until.IsZero() && !now.Before(e.until) }
