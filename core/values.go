// Values: what code of the program keeps in memory by a key, for a time.

package core

import (
	"maps"
	"sync"
	"time"
)

// Values are values by their keys, in the memory of this process: nothing of them is on the
// disk, and other servers have their own. App.Values has them. They are safe for concurrent
// use; what a value points to is the caller's to guard.
type Values struct {
	now func() time.Time

	mu      sync.Mutex // guards what follows
	entries map[string]entry
	kept    int // how many there were when the old ones went last
}

type entry struct {
	value any
	until time.Time // zero: for ever
}

// Get returns the value of the key. ok is false if there is none, or its time is over.
func (v *Values) Get(key string) (value any, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.get(key)
}

// Set keeps the value for that time, 0 for as long as the process lives, in place of an
// earlier one.
func (v *Values) Set(key string, value any, ttl time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.set(key, value, ttl)
}

// Add is Set if the key has no value; added is false if it has one, which stays. It is how a
// piece of work is claimed by one of several goroutines.
func (v *Values) Add(key string, value any, ttl time.Duration) (added bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.get(key); ok {
		return false
	}
	v.set(key, value, ttl)
	return true
}

// Len returns how many values are in memory, those whose time is over included.
func (v *Values) Len() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.entries)
}

// Delete takes the value of the key away, if there is one.
func (v *Values) Delete(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.entries, key)
}

// get is Get. The lock must be held.
func (v *Values) get(key string) (value any, ok bool) {
	e, ok := v.entries[key]
	if !ok || e.over(v.now()) {
		return nil, false
	}
	return e.value, true
}

// set is Set. The lock must be held. Values whose time is over go when there are twice as many
// as after the last time, so that each costs one look at most.
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
