package api

import (
	"context"
	"sync"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/migrationfile"
	"github.com/loambase/loam/core/schema"
)

// automigration writes changes of collections as migrations, for development.
type automigration struct {
	program *Program

	mu      sync.Mutex       // guards what follows, and has one file written after the other
	written *schema.Snapshot // the state that the files lead to; nil before the App serves
}

// automigrate has each change of the collections written into MigrationsDir, from the start
// of the server on, and marked as one that has run.
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

// changed writes what has changed since the last file: nothing when the first of several
// collections of one change has brought all of it.
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
