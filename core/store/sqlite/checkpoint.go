package sqlite

import (
	"context"

	"github.com/loambase/loam/core/store/sqlite/binding"
)

// The log is copied into the database file beside the writes when it is
// checkpointFrames long. Slow readers can keep it from being begun anew; at
// forcedFrames the writer stops for a checkpoint that waits for them a little.
const (
	checkpointFrames = 4_000
	forcedFrames     = 32_000
	forcedBusyMillis = 100
)

// measure looks at the length of the log after a commit.
func (w *writer) measure() {
	if w.c == nil || w.c.failed {
		return
	}
	n := w.c.Frames()
	if n < w.checkpoint-w.every { // begun anew since
		w.checkpoint = w.every
	}
	if n < w.checkpoint {
		return
	}
	w.checkpoint = n + w.every
	if n >= forcedFrames {
		w.force()
		return
	}
	select {
	case w.full <- struct{}{}:
	default: // it knows
	}
}

// force checkpoints on the writer's connection, so that the next transaction
// begins the log anew.
func (w *writer) force() {
	w.c.SetBusyTimeout(forcedBusyMillis)
	_, _, err := w.c.Checkpoint(binding.CheckpointRestart)
	w.c.SetBusyTimeout(busyMillis)
	if err != nil {
		w.checkpointFailed(err)
	}
}

// checkpointFailed notes a failure. A reader that is in the way is none: the
// next checkpoint follows.
func (w *writer) checkpointFailed(err error) {
	if broken(err) {
		w.c.failed = true
	}
	if busy(err) {
		return
	}
	w.log.Warn("checkpoint", "error", err)
}

// truncate copies what is left of the log and empties it.
func (w *writer) truncate() {
	if w.c.failed {
		return // opening it the next time recovers
	}
	if _, _, err := w.c.Checkpoint(binding.CheckpointTruncate); err != nil && !busy(err) {
		w.log.Warn("checkpoint at close", "error", err)
	}
}

// checkpointer checkpoints beside the writer, on a connection of its own, until
// ctx ends.
func (w *writer) checkpointer(ctx context.Context) {
	var c *conn
	defer func() {
		if c != nil {
			_ = c.Close() // the log stays as it is
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.full:
		}
		if c == nil {
			var err error
			if c, err = w.beside(); err != nil {
				w.log.Warn("open for a checkpoint", "error", err)
				continue
			}
		}
		if _, _, err := c.Checkpoint(binding.CheckpointPassive); err != nil && !busy(err) {
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
		_, _, err := c.Checkpoint(binding.CheckpointPassive)
		if err != nil {
			w.checkpointFailed(err)
		}
		return nil
	}})
	_ = err // closed or cancelled: the next start copies it
}
