// Views that the database cannot read, which no schema has: which they are, and when that is asked.

package graphql

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/loambase/loam/core/schema"
)

// views knows the broken views of the newest snapshot that was asked about.
type views struct {
	ask func(context.Context, *schema.Snapshot) (map[string]string, error)
	log func() *slog.Logger

	mu       sync.Mutex // guards what follows
	snapshot *schema.Snapshot
	known    map[string]string // why, by the ids of the views
	again    time.Time         // when the same snapshot was last asked about once more
}

const (
	askViewsLimit = 10 * time.Second
	askViewsAgain = time.Second // about the same snapshot, at the earliest
)

// broken returns why views of the snapshot cannot be read, by their ids. The database is asked once
// for a snapshot.
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

// lookAgain asks once more about the newest snapshot that was asked about, once in a while. It
// reports whether the answer is another one.
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

// look asks the database. v.mu is held.
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
