package api

import (
	"context"
	"sync"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/migrationfile"
)

// automigration writes each change of the collections as a migration file, for development.
type automigration struct {
	program *Program

	mu      sync.Mutex       // guards written, and is held while a file is written
	written *schema.Snapshot // the collections after the last migration file; nil before the App serves
}

// automigrate writes each change of the collections into MigrationsDir, from the start of the
// server on, and marks the new migration as applied.
func (p *Program) automigrate() {
	a := &automigration{program: p}
	hooks := p.App.Hooks()
	hooks.Start.BindFunc(func(e *core.AppEvent) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.written = e.App.Snapshot()
		return nil
	})
	hooks.Collections.AfterSuccess.BindFunc(func(e *collection.Event) error { return a.changed(e.Context) })
}

// changed writes a migration file with all changes since the last file. A change of several
// collections calls changed once for each: the first call writes all changes, and the other calls
// write nothing.
func (a *automigration) changed(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.written == nil {
		return nil
	}
	app := a.program.App
	now := app.Snapshot()
	step, differ, err := migrationfile.Between(a.written, now)
	if err != nil || !differ {
		return err
	}
	name, path, err := migrationfile.Write(a.program.MigrationsDir, step, app.Now())
	if err != nil {
		return err
	}
	a.written = now
	app.Log().Info("migration written", "file", path)
	return app.MarkMigrations(context.WithoutCancel(ctx), name)
}
