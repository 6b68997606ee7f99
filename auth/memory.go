package auth

import (
	"crypto/sha256"
	"sync"
	"time"
)

// maxMemory bounds the entries of a memory.
const maxMemory = 10_000

// memory remembers values for a while by a secret, of which it keeps the hash.
type memory[V any] struct {
	mu      sync.Mutex // guards entries
	entries map[[sha256.Size]byte]remembered[V]
}

type remembered[V any] struct {
	value V
	until time.Time
}

// put remembers the value, unless there is one of that secret. If there is too much,
// something else is forgotten: strangers can fill the memory, and must not close it.
func (m *memory[V]) put(secret string, v V, now time.Time, life time.Duration) bool {
	key := sha256.Sum256([]byte(secret))
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.entries[key]; ok && now.Before(old.until) {
		return false
	}
	if len(m.entries) >= maxMemory {
		for key, old := range m.entries {
			if !now.Before(old.until) {
				delete(m.entries, key)
			}
		}
	}
	for key := range m.entries {
		if len(m.entries) < maxMemory {
			break
		}
		delete(m.entries, key)
	}
	if m.entries == nil {
		m.entries = map[[sha256.Size]byte]remembered[V]{}
	}
	m.entries[key] = remembered[V]{v, now.Add(life)}
	return true
}

// take returns the value of the secret and forgets it.
func (m *memory[V]) take(secret string, now time.Time) (v V, ok bool) {
	key := sha256.Sum256([]byte(secret))
	m.mu.Lock()
	defer m.mu.Unlock()
	old, ok := m.entries[key]
	if !ok || !now.Before(old.until) {
		return v, false
	}
	delete(m.entries, key)
	return old.value, true
}
