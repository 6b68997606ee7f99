// Online copy (backup) and restore of the database under a running App.

package core

import (
	"context"
	"errors"
	"fmt"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/store"
)

// CopyDatabase writes a copy of the database to a new file, while the App serves. The copy is of
// one snapshot, and durable when CopyDatabase returns nil. progress may be nil; it is called with
// numbers of bytes. The file is an SQLite database, even if the database of the App is PostgreSQL.
// Files of records are not copied.
func (a *App) CopyDatabase(ctx context.Context, path string, progress func(copied, total int64)) error {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	if whole, ok := a.store.(store.Whole); ok {
		return a.copyTables(ctx, whole, path, progress)
	}
	return a.store.(store.Files).Copy(ctx, path, progress)
}

// RestoreDatabase replaces the database by a file of CopyDatabase, while the App serves. Requests
// in progress finish on the old state or fail as if another process had changed everything; every
// cache is dropped, and subscriptions of the change log end with change.ErrGone. A crash leaves
// either the old database or the new one. RestoreDatabase changes the file: it runs the migrations
// that the file lacks, and gives it a new epoch. On an error the old database stays; data that
// PostgreSQL refuses is a fault of the kind Invalid. Files of records are not restored.
func (a *App) RestoreDatabase(ctx context.Context, path string) error {
	return a.replaceDatabase(ctx, path, func(int64, int64) {}, func() {})
}

// replaceDatabase does the work of RestoreDatabase. It calls moment when all further writes go to
// the new state, and progress while a PostgreSQL database is filled.
func (a *App) replaceDatabase(ctx context.Context, path string, progress func(copied, total int64), moment func()) error {
	if err := a.prepareCopy(ctx, path); err != nil {
		return fmt.Errorf("prepare %s: %w", path, err)
	}
	if whole, ok := a.store.(store.Whole); ok {
		return a.replaceTables(ctx, whole, path, progress, moment)
	}
	return a.changes.Replace(ctx, func() error {
		moment()
		return a.store.(store.Files).Replace(ctx, path, func() {
			// This runs before any other write: a write in progress finds that its snapshot is
			// stale.
			if err := a.load(ctx); err != nil {
				a.log.Error("load the restored database", "error", err)
				a.reloader.request()
			}
		})
	})
}

// prepareCopy checks a copy of the database, runs the system migrations that it lacks, and gives it
// a new epoch, so that earlier tokens of the change log are refused.
func (a *App) prepareCopy(ctx context.Context, path string) error {
	source, err := OpenSource(path) // fails if the file does not exist
	if err != nil {
		return err
	}
	if _, err := source.Check(ctx); err != nil {
		return errors.Join(err, source.Close())
	}
	if err := source.Close(); err != nil {
		return err
	}
	db, err := openCopy(ctx, path, a.log)
	if err != nil {
		return err
	}
	err = migrateSystem(ctx, db, a.Config.Now)
	if err == nil {
		err = change.Renew(ctx, db, a.Config.Now())
	}
	return errors.Join(err, db.Close())
}
