package auth

import (
	"sync"
	"time"

	"github.com/loambase/loam/core/mail"
)

// resendPause is how long nobody gets a second mail of the same kind.
const resendPause = 2 * time.Minute

// maxLocks bounds what locks remember. While there are so many, nobody gets a mail who
// is not among them.
const maxLocks = 10000

// lockKey is a kind of mail to a record.
type lockKey struct {
	collection, record string
	template           mail.Template
}

// locks keep mails from being sent again too soon.
type locks struct {
	mu    sync.Mutex // guards until
	until map[lockKey]time.Time
}

// take locks the key. It returns false if it is locked.
func (l *locks) take(key lockKey, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.until[key]) {
		return false
	}
	if len(l.until) >= maxLocks {
		for k, until := range l.until {
			if !now.Before(until) {
				delete(l.until, k)
			}
		}
		if len(l.until) >= maxLocks {
			return false
		}
	}
	if l.until == nil {
		l.until = map[lockKey]time.Time{}
	}
	l.until[key] = now.Add(resendPause)
	return true
}

func (l *locks) drop(key lockKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.until, key)
}
