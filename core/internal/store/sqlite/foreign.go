// Writes of other processes on the same file, noticed by polling.

package sqlite

import (
	"context"
	"time"
)

// foreignEvery is how often the database is looked at for writes of other processes.
const foreignEvery = time.Second

// versionUnknown is the data version of a connection that was opened anew: what
// was written meanwhile is not known.
const versionUnknown = -1

// watch calls notify each time that another process has written, and again when
// that has failed, until ctx ends.
func (w *writer) watch(ctx context.Context, notify func(context.Context) error) {
	pending := false
	tick := time.NewTicker(foreignEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if w.foreign(ctx) {
				// Which tables were written, nobody knows: all counts that are cached become
				// stale.
				w.stamps.bump()
				pending = true
			}
			if pending {
				pending = notify(ctx) != nil
			}
		}
	}
}

// foreign reports that another process has written since it was last asked.
// SQLite changes a connection's data version when somebody else commits, and
// nobody else in this process does.
func (w *writer) foreign(ctx context.Context) (written bool) {
	err := w.do(ctx, &op{alone: true, service: func(c *conn) error {
		v, err := c.do(controlDataVersion)
		if err != nil {
			return w.failure(err)
		}
		written = v != w.version
		w.version = v
		return nil
	}})
	if err != nil && ctx.Err() == nil {
		w.log.Warn("look for writes of other processes", "error", err)
	}
	return written
}
