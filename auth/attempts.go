package auth

import (
	"sync"
	"time"

	"github.com/loambase/loam/core/fault"
)

// The limit of guesses by an attacker who has one of two secrets: the id of a one-time password, or
// a mailed token beside the password.
const (
	maxAttempts    = 5
	attemptsWindow = 180 * time.Second
)

// attempts counts guesses, in a window that begins with the first guess.
type attempts struct {
	mu      sync.Mutex // guards windows
	windows map[string]window
}

type window struct {
	began time.Time
	count int
}

// add counts a guess. If there are too many, the fault is TooMany, with the message.
func (a *attempts) add(key string, now time.Time, message string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.windows[key]
	if w.count == 0 || now.Sub(w.began) >= attemptsWindow {
		w = window{began: now}
		a.prune(now)
	}
	if w.count >= maxAttempts {
		return &fault.Error{Kind: fault.TooMany, Message: message, RetryAfter: w.began.Add(attemptsWindow).Sub(now)}
	}
	w.count++
	if a.windows == nil {
		a.windows = map[string]window{}
	}
	a.windows[key] = w
	return nil
}

// forget ends the window, after a right guess.
func (a *attempts) forget(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.windows, key)
}

// prune removes windows that have ended, if there are many windows. The lock must be held.
func (a *attempts) prune(now time.Time) {
	if len(a.windows) < maxLocks {
		return
	}
	for key, w := range a.windows {
		if now.Sub(w.began) >= attemptsWindow {
			delete(a.windows, key)
		}
	}
}
