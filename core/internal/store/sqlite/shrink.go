// Giving space back to the file system: of the log, and of free pages.

package sqlite

import (
	"context"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

var _ store.Shrinker = (*DB)(nil)

// Shrink implements store.Shrinker. Free pages are given back only if the file was created with
// Config.Shrinks; while a reader is in the way, the log is not emptied.
func (db *DB) Shrink(ctx context.Context) error {
	return db.writer.do(ctx, &op{alone: true, service: db.writer.shrink})
}

func (w *writer) shrink(c *conn) error {
	// The file is truncated in the log first, and on the disk by the checkpoint.
	c.own = true
	err := c.Exec("PRAGMA incremental_vacuum")
	c.own = false
	if err != nil {
		return w.failure(err)
	}
	c.SetBusyTimeout(forcedBusyMillis)
	err = w.checkpoints.run(c, binding.CheckpointTruncate)
	c.SetBusyTimeout(busyMillis)
	if err != nil {
		w.checkpointFailed(err)
		return classify(err)
	}
	// The log begins anew.
	w.checkpoint = w.every
	return nil
}
