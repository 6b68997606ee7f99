package auth

import (
	"sync"
	"time"

	"github.com/loambase/loam/core/mail"
)

// resendPause is the minimum time between two mails of the same kind to an account.
const resendPause = 2 * time.Minute

// maxLocks is the maximum number of remembered mails. While it is reached, only accounts among them
// can get a mail.
const maxLocks = 10000

// lockKey identifies the mails of a kind to a record.
type lockKey struct {
	collection, record string
	template           mail.Template
}

// locks prevents mails from being sent again too soon.
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
