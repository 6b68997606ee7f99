// Broken views: views that the database cannot read. No schema has a type for them.

package graphql

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/loambase/loam/core/schema"
)

// views caches the broken views of one snapshot, the last one that look was called with.
type views struct {
	ask func(context.Context, *schema.Snapshot) (map[string]string, error)
	log func() *slog.Logger

	mu       sync.Mutex // guards the fields below
	snapshot *schema.Snapshot
	known    map[string]string // messages of the database, by ids of views
	again    time.Time         // of the last look by lookAgain
}

const (
	askViewsLimit = 10 * time.Second
	askViewsAgain = time.Second // pause between two looks of lookAgain, at least
)

// broken returns the broken views of the snapshot: messages of the database, by ids of views. It
// calls look once for a snapshot.
func (v *views) broken(snapshot *schema.Snapshot) (map[string]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.snapshot != snapshot {
		if err := v.look(snapshot); err != nil {
			return nil, err
		}
	}
	return v.known, nil
}

// lookAgain calls look again for the cached snapshot, at most once in askViewsAgain, and reports
// whether the broken views have changed. For any other snapshot it does nothing.
func (v *views) lookAgain(snapshot *schema.Snapshot) (changed bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.snapshot != snapshot || time.Since(v.again) < askViewsAgain {
		return false
	}
	before := v.known
	err := v.look(snapshot)
	v.again = time.Now()
	return err == nil && !maps.Equal(before, v.known)
}

// look asks the database for the broken views of the snapshot, and logs the new ones. v.mu must be
// held.
func (v *views) look(snapshot *schema.Snapshot) error {
	ctx, cancel := context.WithTimeout(context.Background(), askViewsLimit)
	defer cancel()
	known, err := v.ask(ctx, snapshot)
	if err != nil {
		return err
	}
	for id, why := range known {
		if v.known[id] != why {
			v.log().Warn("view left out of the graphql schema", "collection", snapshot.ByID(id).Name, "error", why)
		}
	}
	v.snapshot, v.known = snapshot, known
	return nil
}
