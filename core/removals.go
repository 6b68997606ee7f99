// Removal of files that no record names any more, and of unfinished uploads of processes that have
// ended.

package core

import (
	"context"
	"time"

	"github.com/loambase/loam/core/blob"
)

// sweepAge is the minimum age of an unfinished file that counts as a leftover if other processes
// may be writing files.
const sweepAge = 24 * time.Hour

// startRemovals begins to remove files. A server that has the database alone need not wait: a file
// that is unfinished now stays unfinished.
func (a *App) startRemovals(ctx context.Context) error {
	alone := a.Config.DB == ""
	if alone {
		if err := a.removals.Recover(ctx); err != nil {
			return err
		}
	}
	for _, files := range []*blob.Local{a.local, a.archives} {
		before, err := files.Time()
		if err != nil {
			return err
		}
		if !alone {
			before = before.Add(-sweepAge)
		}
		a.background.run("sweep of uploads", func(ctx context.Context) error { return a.sweep(ctx, files, before) })
	}
	a.background.run("sweep of buckets", a.sweepBuckets)
	a.background.run("removal of files", a.removals.Run)
	return nil
}

// sweep removes unfinished files that are older than the given time.
func (a *App) sweep(ctx context.Context, files *blob.Local, before time.Time) error {
	n, err := files.Sweep(ctx, before)
	if n > 0 {
		a.log.Info("removed unfinished files", "files", n)
	}
	return err
}
