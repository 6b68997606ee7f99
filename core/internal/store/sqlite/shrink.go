// Giving space back to the file system: that of the log, and that of free pages.

package sqlite

import (
	"context"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

var _ store.Shrinker = (*DB)(nil)

// Shrink implements store.Shrinker. Pages can be given back if the file was made with
// Config.Shrinks; a reader in the way keeps the log from being emptied this time.
func (db *DB) Shrink(ctx context.Context) error {
	return db.writer.do(ctx, &op{alone: true, service: db.writer.shrink})
}

func (w *writer) shrink(c *conn) error {
	// The file is truncated in the log first, and in itself by the checkpoint.
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
	// From the beginning again.
	w.checkpoint = w.every
	return nil
}
