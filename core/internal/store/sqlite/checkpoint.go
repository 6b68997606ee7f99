// Checkpoints: the write-ahead log is copied into the database file while writes run.

package sqlite

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

// When the log has checkpointFrames frames, it is copied into the database file while writes run.
// Slow readers can keep the log from being begun anew; at forcedFrames, the writer stops for a
// checkpoint that waits for the readers for forcedBusyMillis.
const (
	frameHeader      = 24 // size in bytes of the header of each page in the log
	checkpointFrames = 4_000
	forcedFrames     = 32_000
	forcedBusyMillis = 100
)

// checkpoints runs the checkpoints of this process, one at a time. After a failed checkpoint,
// pages that it or an earlier checkpoint has copied may never reach the disk, although the system
// considers them written: only the log still has them. So the next checkpoint copies all of the
// log again, and until it has, the log is not begun anew.
type checkpoints struct {
	readers *pool // their connections keep no transactions during a checkpoint
	mu      sync.Mutex
	failed  bool // the last checkpoint failed, and the next one would continue where it ended
}

// run runs a checkpoint on an idle connection, unless another checkpoint is running.
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
		return nil // a busy reader is no failure: the next checkpoint continues
	}
	k.failed = true
	return errors.Join(err, k.restart(c))
}

// restart makes the next checkpoint copy the whole log if the last one failed. Lock held.
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

// close closes a connection. When the last of all connections closes, SQLite runs a checkpoint
// and deletes the log. This is prevented while the log may be needed.
func (k *checkpoints) close(c *conn) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.restart(c) != nil {
		_ = c.Set(binding.OptionKeepLog, true) // cannot fail for an option that exists
	}
	return c.Close()
}

// measure checks the length of the log after a commit, and requests a checkpoint if it is due.
func (w *writer) measure() {
	if w.c == nil || w.c.failed {
		return
	}
	n := w.c.Frames()
	w.meter.LogBytes.Store(int64(n) * (w.page + frameHeader))
	// If the log has begun anew, its length counts from the start again.
	if n < w.checkpoint-w.every { // the log has begun anew
		w.checkpoint = w.every
	}
	if n < w.checkpoint {
		return
	}
	// If this checkpoint does not reach the end of the log, the next one is requested only after
	// as many pages again.
	w.checkpoint = n + w.every
	if n >= forcedFrames {
		w.force()
		return
	}
	select {
	case w.logFull <- struct{}{}:
	default: // the checkpointer has a request already
	}
}

// force runs a checkpoint on the writer's connection, so that the next transaction begins the log
// anew.
func (w *writer) force() {
	w.c.SetBusyTimeout(forcedBusyMillis)
	err := w.checkpoints.run(w.c, binding.CheckpointRestart)
	w.c.SetBusyTimeout(busyMillis)
	if err != nil {
		w.checkpointFailed(err)
	}
}

// checkpointFailed handles a failed checkpoint on the writer's connection.
func (w *writer) checkpointFailed(err error) {
	if broken(err) {
		w.c.failed = true
	}
	w.log.Warn("checkpoint", "error", err)
}

// truncate copies the rest of the log and empties it.
func (w *writer) truncate() {
	if w.c.failed {
		return // opening the database the next time recovers
	}
	if err := w.checkpoints.run(w.c, binding.CheckpointTruncate); err != nil {
		w.log.Warn("checkpoint at close", "error", err)
	}
}

// checkpointer runs checkpoints beside the writer, on a separate connection, until ctx ends.
func (w *writer) checkpointer(ctx context.Context) {
	var c *conn
	defer func() {
		if c != nil {
			_ = w.checkpoints.close(c) // the log stays unchanged
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.logFull:
		}
		// The connection is opened for the first checkpoint: a tool that writes little needs
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

// finish copies the frames that were written during a checkpoint, while no write runs: the log is
// begun anew only when it is copied completely.
func (w *writer) finish(ctx context.Context) {
	err := w.do(ctx, &op{alone: true, service: func(c *conn) error {
		if err := w.checkpoints.run(c, binding.CheckpointPassive); err != nil {
			w.checkpointFailed(err)
		}
		return nil
	}})
	_ = err // closed or cancelled: the next start copies the rest
}
