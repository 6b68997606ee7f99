// Reload: collections and settings are read again after another process (a second server on
// PostgreSQL, or the command line) has changed them.

package core

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// reloader loads collections and settings again after another process has changed them.
type reloader struct {
	load    func(context.Context) error
	log     *slog.Logger
	pending chan struct{} // a request that the loop has not received; capacity 1, so requests may merge
}

// The first and the longest delay of the reload loop after a failure. The delay doubles each time.
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

// reloadLoop loads after each request, until ctx ends. A load that fails, for example because the
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

// foreignWrite is called by the store after a write of another process, and called again if it
// fails. If the write is in the change log, the change log requests the necessary reload; otherwise
// anything may have changed, so collections and settings are loaded at once.
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
