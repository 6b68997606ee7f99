// Checkpoints: the write-ahead log is copied into the database beside running writes.

package sqlite

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

// The log is copied into the database file beside the writes when it is
// checkpointFrames long. Slow readers can keep it from being begun anew; at
// forcedFrames the writer stops for a checkpoint that waits for them a little.
const (
	frameHeader      = 24 // bytes of the header of each page in the log
	checkpointFrames = 4_000
	forcedFrames     = 32_000
	forcedBusyMillis = 100
)

// checkpoints are those of this process, one at a time. After one that failed, pages
// that it or an earlier one has copied may never reach the disk, though the system takes
// them for written: only the log still has them. So the next one copies all of the
// log again, and until it has, the log is not begun anew.
type checkpoints struct {
	readers *pool // they keep no transactions meanwhile
	mu      sync.Mutex
	failed  bool // the last one did, and the next one would go on where it ended
}

// run checkpoints on an idle connection, unless another one does so right now.
func (k *checkpoints) run(c *conn, mode binding.CheckpointMode) error {
	if !k.mu.TryLock() {
		return nil
	}
	defer k.mu.Unlock()
	// A transaction that a reader keeps open between reads holds its place in the log, and the
	// log could not be begun anew.
	k.readers.stopKeeping()
	defer k.readers.keepAgain()
	if err := k.restart(c); err != nil {
		return err
	}
	began := time.Now()
	_, _, err := c.Checkpoint(mode)
	c.meter.Checkpoints.Since(began)
	if err == nil || busy(err) {
		return nil // a reader in the way is no failure: the next one goes on
	}
	k.failed = true
	return errors.Join(err, k.restart(c))
}

// restart makes the next checkpoint copy everything after one that failed. Lock held.
func (k *checkpoints) restart(c *conn) error {
	if !k.failed {
		return nil
	}
	if err := c.CopyAgain(); err != nil {
		return err
	}
	k.failed = false
	return nil
}

// close closes a connection. SQLite checkpoints with the last one of all and deletes
// the log: not while the log may be needed.
func (k *checkpoints) close(c *conn) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.restart(c) != nil {
		_ = c.Set(binding.OptionKeepLog, true) // of an option that exists it cannot fail
	}
	return c.Close()
}

// measure looks at the length of the log after a commit.
func (w *writer) measure() {
	if w.c == nil || w.c.failed {
		return
	}
	n := w.c.Frames()
	w.meter.LogBytes.Store(int64(n) * (w.page + frameHeader))
	// After the log has begun anew its length counts from the start again.
	if n < w.checkpoint-w.every { // begun anew since
		w.checkpoint = w.every
	}
	if n < w.checkpoint {
		return
	}
	// If this checkpoint does not come to the end, the next one is called for only after as
	// many pages again.
	w.checkpoint = n + w.every
	if n >= forcedFrames {
		w.force()
		return
	}
	select {
	case w.logFull <- struct{}{}:
	default: // it knows
	}
}

// force checkpoints on the writer's connection, so that the next transaction
// begins the log anew.
func (w *writer) force() {
	w.c.SetBusyTimeout(forcedBusyMillis)
	err := w.checkpoints.run(w.c, binding.CheckpointRestart)
	w.c.SetBusyTimeout(busyMillis)
	if err != nil {
		w.checkpointFailed(err)
	}
}

// checkpointFailed notes a failure on the writer's connection.
func (w *writer) checkpointFailed(err error) {
	if broken(err) {
		w.c.failed = true
	}
	w.log.Warn("checkpoint", "error", err)
}

// truncate copies what is left of the log and empties it.
func (w *writer) truncate() {
	if w.c.failed {
		return // opening it the next time recovers
	}
	if err := w.checkpoints.run(w.c, binding.CheckpointTruncate); err != nil {
		w.log.Warn("checkpoint at close", "error", err)
	}
}

// checkpointer checkpoints beside the writer, on a connection of its own, until
// ctx ends.
func (w *writer) checkpointer(ctx context.Context) {
	var c *conn
	defer func() {
		if c != nil {
			_ = w.checkpoints.close(c) // the log stays as it is
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.logFull:
		}
		// The connection is opened for the first checkpoint: a tool that writes a little needs
		// none.
		if c == nil {
			var err error
			if c, err = w.openCheckpointConn(); err != nil {
				w.log.Warn("open for a checkpoint", "error", err)
				continue
			}
		}
		if err := w.checkpoints.run(c, binding.CheckpointPassive); err != nil {
			w.log.Warn("checkpoint", "error", err)
			continue
		}
		w.finish(ctx)
	}
}

// finish copies the little that was written during a checkpoint, while no write
// runs: only when nothing is left to copy is the log begun anew.
func (w *writer) finish(ctx context.Context) {
	err := w.do(ctx, &op{alone: true, service: func(c *conn) error {
		if err := w.checkpoints.run(c, binding.CheckpointPassive); err != nil {
			w.checkpointFailed(err)
		}
		return nil
	}})
	_ = err // closed or cancelled: the next start copies it
}
