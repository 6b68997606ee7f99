package auth

import (
	"slices"
	"time"
)

// held reports whether the key is locked.
func (l *locks) held(key lockKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.until[key]
	return ok
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}
