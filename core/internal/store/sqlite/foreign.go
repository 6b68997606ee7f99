// Writes of other processes on the same file, noticed by polling.

package sqlite

import (
	"context"
	"time"
)

// foreignEvery is the interval at which the database is polled for writes of other processes.
const foreignEvery = time.Second

// versionUnknown is the data version of a connection that was reopened: writes since then are not
// known.
const versionUnknown = -1

// watch calls notify after each write of another process, and again if notify has failed, until
// ctx ends.
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
				// It is not known which tables were written: all cached counts become stale.
				w.stamps.bump()
				pending = true
			}
			if pending {
				pending = notify(ctx) != nil
			}
		}
	}
}

// foreign reports whether another process has written since the last call. SQLite changes a
// connection's data version when another connection commits, and no other connection of this
// process writes.
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
