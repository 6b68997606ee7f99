// Holding of deletions: while a backup is made, no file goes that it has to have.

package blob

import (
	"context"
	"errors"
	"sync"
)

// holder keeps the blobs that are to be deleted, for as long as somebody holds them.
type holder struct {
	// Who deletes holds it for reading from the look at what is held to the end, and who
	// begins or ends to hold for writing: what is deleted is gone before Hold returns.
	deleting sync.RWMutex

	mu    sync.Mutex // guards what follows; taken after deleting
	holds int
	kept  map[string]bool // keys that are to be deleted later
}

// Hold has blobs stay that are deleted from now on, until release is called, once. They
// are deleted then, but for those whose path in the Tree forget reports; it may be nil. A
// crash before that leaves them. What is held is not hidden: who has the key can read it.
func (l *Local) Hold() (release func(ctx context.Context, forget func(p string) bool) error) {
	l.deleting.Lock()
	defer l.deleting.Unlock()
	l.holds++
	return l.release
}

func (l *Local) release(ctx context.Context, forget func(p string) bool) error {
	l.deleting.Lock()
	l.holds--
	var kept map[string]bool
	if l.holds == 0 {
		kept, l.kept = l.kept, nil
	}
	l.deleting.Unlock()
	var err error
	for key := range kept {
		if p, e := filePath(key); forget == nil || e == nil && !forget(p) {
			err = errors.Join(err, l.Delete(ctx, key))
		}
	}
	return err
}

// holding reports whether deletions have to wait. deleting must be held.
func (h *holder) holding() bool { return h.holds > 0 }

// keep notes a blob that is to be deleted later, and reports whether it has. deleting must
// be held.
func (h *holder) keep(key string) bool {
	if !h.holding() {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.kept == nil {
		h.kept = map[string]bool{}
	}
	h.kept[key] = true
	return true
}

// restored takes back the deletion of a blob that is stored again.
func (h *holder) restored(key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.kept, key)
}
