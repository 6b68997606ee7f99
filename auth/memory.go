package auth

import (
	"crypto/sha256"
	"sync"
	"time"
)

// maxMemory is the maximum number of entries of a memory.
const maxMemory = 10_000

// memory keeps values for a while by a secret, of which it keeps only the hash.
type memory[V any] struct {
	mu      sync.Mutex // guards entries
	entries map[[sha256.Size]byte]remembered[V]
}

type remembered[V any] struct {
	value V
	until time.Time
}

// put adds the value, unless the secret has one. If the memory is full, put removes another entry:
// strangers can fill the memory, but must not block it.
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

// take returns and removes the value of the secret.
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
