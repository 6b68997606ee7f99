// The adapter of the App's logs for package backup.

package core

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/logs"
)

// backupLogs implements backup.Logs for an App.
type backupLogs struct{ app *App }

// Wanted implements backup.Logs.
func (l backupLogs) Wanted() bool { return l.app.settings.Current().Logs.InBackups }

// Copy implements backup.Logs.
func (l backupLogs) Copy(ctx context.Context, path string) error { return l.app.logs.Copy(ctx, path) }

// Check implements backup.Logs.
func (l backupLogs) Check(ctx context.Context, path string) error {
	return withSource(path, func(s store.Source) error { return logs.CheckCopy(ctx, s) })
}

// Merge implements backup.Logs.
func (l backupLogs) Merge(ctx context.Context, path string) error {
	return withSource(path, func(s store.Source) error { return l.app.logs.Merge(ctx, s) })
}

// withSource calls fn with a database file of any program.
func withSource(path string, fn func(store.Source) error) error {
	source, err := OpenSource(path)
	if err != nil {
		return err
	}
	return errors.Join(fn(source), source.Close())
}
