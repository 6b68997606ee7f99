// Reload: collections and settings are read again when another process (a second server on
// PostgreSQL, or the command line) has changed them.

package core

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// reloader reads collections and settings again when another process has changed
// them.
type reloader struct {
	load    func(context.Context) error
	log     *slog.Logger
	pending chan struct{} // a request that the loop has not seen; capacity 1, so requests may merge
}

// How long the reload loop waits after a failure, doubling each time.
const (
	reloadDelayMin = time.Second
	reloadDelayMax = 30 * time.Second
)

// newReloader returns a reloader whose loop is not running yet.
func newReloader(load func(context.Context) error, log *slog.Logger) *reloader {
	return &reloader{load: load, log: log, pending: make(chan struct{}, 1)}
}

// request asks the reload loop to load. It does not wait.
func (r *reloader) request() {
	select {
	case r.pending <- struct{}{}:
	default:
	}
}

// reloadLoop loads after each request, until ctx ends. A load that fails, because the
// database cannot be reached, is logged and tried again after a delay.
func (r *reloader) reloadLoop(ctx context.Context) error {
	delay := reloadDelayMin
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.pending:
		}
		err := r.load(ctx)
		if err == nil {
			delay = reloadDelayMin
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		r.log.Warn("reload of collections and settings failed", "error", err, "retry", delay)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(delay):
			r.request()
		}
		delay = min(2*delay, reloadDelayMax)
	}
}

// load reads collections and settings from the database and publishes them.
func (a *App) load(ctx context.Context) error {
	if err := a.collections.Load(ctx); err != nil {
		return fmt.Errorf("load collections: %w", err)
	}
	if err := a.settings.Load(ctx); err != nil {
		return fmt.Errorf("load settings: %w", err)
	}
	return nil
}

// foreignWrite is called by the store after a write of another process, again if it
// fails. If the write is logged, the change log finds it and requests a reload where
// one is needed; otherwise anything may have changed, so everything is loaded.
func (a *App) foreignWrite(ctx context.Context, logged bool) error {
	var err error
	if !logged {
		if err = a.load(ctx); err != nil {
			a.log.Warn("reload after a write of another process failed", "error", err)
		}
	}
	a.changes.Wrote(logged)
	return err
}
