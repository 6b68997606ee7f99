// Opening and closing an App, in order: folder, database, migrations, services, background
// work, and back.

package core

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/insight"
	"github.com/loambase/loam/core/internal/removal"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/job"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/core/sqlrun"
	"github.com/loambase/loam/internal/budget"
	"github.com/loambase/loam/internal/password"
	"github.com/loambase/loam/internal/thumb"
)

// Open opens the data folder and the database, creating what is missing, in this
// order:
//
//  1. the folder, the database, and the system migrations that it has not seen
//  2. the services, the end of a restore that was cut off, the collections and settings
//     as stored, and the system collections that are missing
//  3. for Serve: the change feed and the reload loop, the migrations of the program,
//     the Start hooks, the jobs, the functions of Go
//
// The error is store.ErrLocked for a folder that another server holds, store.ErrUnavailable for a
// database that does not answer, and a *store.ForeignError for a database of another program. If
// Open fails, nothing stays open.
func (a *App) Open(ctx context.Context, mode Mode) error {
	if a.store != nil {
		return errors.New("core: the app is open already")
	}
	err := a.openServices(ctx, mode)
	if err == nil && mode == Serve {
		err = a.startServing(ctx)
	}
	if err != nil {
		return errors.Join(err, a.Close())
	}
	return nil
}

// Close undoes Open in the opposite order: the Stop hooks run, while all services still work; the
// contexts of jobs and background work end, and Close waits for them; the database is closed when
// the running transactions have ended; then the files. Closing an App that is not open does
// nothing.
func (a *App) Close() error {
	if a.store == nil {
		return nil
	}
	var err error
	if a.started {
		a.started = false
		err = a.runStopHooks()
	}
	a.jobs.Stop()
	a.background.stop()
	if a.backups != nil {
		a.backups.Close()
	}
	err = errors.Join(err, a.logs.Stop(), a.store.Close())
	for _, l := range []*blob.Local{a.local, a.archives} {
		if l != nil {
			err = errors.Join(err, l.Close())
		}
	}
	a.store, a.changes, a.backups, a.local, a.archives = nil, nil, nil, nil, nil
	return err
}

// openServices does the steps 1 and 2 of Open, for every mode.
func (a *App) openServices(ctx context.Context, mode Mode) (err error) {
	a.openLogs()
	if cost := a.Config.HashCost; cost != 0 && (cost < password.MinCost || cost > password.MaxCost) {
		return fmt.Errorf("core: the hash cost %d is not between %d and %d", cost, password.MinCost, password.MaxCost)
	}
	if err := settings.CheckKey(a.Config.SettingsKey); err != nil {
		return fmt.Errorf("core: %w", err)
	}
	dir := a.Config.Dir
	a.insights.Store(nil)
	a.meter = store.NewMeter(a.Config.SlowQuery, func(s store.Slow) {
		if insights := a.insights.Load(); insights != nil {
			insights.Slow(s)
		}
	})
	a.meter.NameRules(func(sql string) (collection, rule string) {
		if insights := a.insights.Load(); insights == nil { // the services are not made yet
			return "", ""
		}
		o, ok := a.records.Origin(sql)
		if !ok {
			return "", ""
		}
		return o.Collection.Name, o.Rule
	})
	// PostgreSQL is opened before the folders are made. SQLite is opened after them, since its file
	// is in a folder.
	if a.Config.DB != "" { // no folder is made for a database that is refused
		if a.store, err = openStore(ctx, a.Config, a.log, a.meter, mode); err != nil {
			return err
		}
	} else if err := refuseForeign(ctx, dir); err != nil {
		return err
	}
	for _, d := range []string{dir, filepath.Join(dir, "storage"), filepath.Join(dir, "backups")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return fmt.Errorf("data folder: %w", err)
		}
	}
	if a.store == nil {
		if a.store, err = openStore(ctx, a.Config, a.log, a.meter, mode); err != nil {
			return err
		}
	}
	if err := migrateSystem(ctx, a.store, a.Config.Now); err != nil {
		return err
	}
	if a.local, err = blob.NewLocal(filepath.Join(dir, "storage")); err != nil {
		return err
	}
	a.blobs = blob.NewSwap(a.local)
	a.reloader = newReloader(a.load, a.log)
	if err := a.openChanges(ctx); err != nil {
		return err
	}
	a.makeServices()
	if err := a.openBackups(); err != nil {
		return err
	}
	if mode == Serve || mode == Alone {
		// Before any other read: the database may be older than the files.
		if err := a.backups.Recover(ctx); err != nil {
			return fmt.Errorf("end a restore that was cut off: %w", err)
		}
	}
	if err := a.load(ctx); err != nil {
		return err
	}
	if err := a.settings.Seal(ctx); err != nil {
		return fmt.Errorf("encrypt the settings: %w", err)
	}
	if err := a.collections.Seal(ctx); err != nil {
		return fmt.Errorf("encrypt the secrets of collections: %w", err)
	}
	if err := a.collections.EnsureSystem(ctx); err != nil {
		return fmt.Errorf("system collections: %w", err)
	}
	a.store.OnForeignWrite(a.foreignWrite)
	a.receiveMessages()
	return nil
}

// makeServices creates the services on the open store. They share the snapshot pointer,
// which collections publish to.
func (a *App) makeServices() {
	a.passwords = password.New(password.Config{Cost: a.Config.HashCost})
	a.budgets = budget.ForServer(a.Config.Limits)
	a.thumbs = thumb.NewMaker(a.blobs, a.budgets.Images)
	a.removals = removal.New(removal.Config{
		Store: a.store, Blobs: a.blobs, Log: a.log, Now: a.Config.Now,
		Names: func(r store.Reader, collection, id string) ([]string, bool, error) {
			return a.records.FileNames(r, collection, id)
		},
		Thumbs: a.thumbs.Settle,
		Share:  func(ctx context.Context) (func(), bool, error) { return a.lock(ctx, lockFiles, store.LockShared) },
	})
	a.records = record.New(record.Config{
		Store: a.store, Snapshot: a.snapshots.Load, Blobs: a.blobs, Removals: a.removals, Passwords: a.passwords, Changes: a.changes,
		Log: a.log, Now: a.Config.Now, ReadLimit: a.Config.ReadLimit, HookLimit: a.Config.HookLimit,
		Hooks: &a.hooks.Records, Answers: a.budgets.Answers, CallerPageLimit: int(a.budgets.Limits.Page),
		CascadeLimit: a.budgets.Limits.Cascade,
	})
	a.insights.Store(insight.New(insight.Config{
		Store: a.store, Known: a.meter.Statements, Snapshot: a.snapshots.Load, Origin: a.records.Origin, Now: a.Config.Now,
	}))
	a.settings = settings.New(settings.Config{
		Store: a.store, Changes: a.changes, Key: a.Config.SettingsKey, Log: a.log, Now: a.Config.Now,
		ChannelRule: a.records.CheckChannelRule,
		Hooks:       &a.hooks.Settings, HookLimit: a.Config.HookLimit,
		Reload: a.reloader.request,
	})
	a.settings.OnChange(a.tellSettings)
	a.jobs.Open(job.Config{Store: a.store, Log: a.log, Now: a.Config.Now, Alone: a.Config.DB == "", Tracer: a.Config.Tracer})
	a.settings.OnChange(a.logs.Changed)
	a.settings.OnChange(a.placeFiles)
	a.mails = mail.New(mail.Config{
		Settings: a.settings.Current, Hooks: &a.hooks.Mails, Log: a.log, Now: a.Config.Now,
		File: filepath.Join(a.Config.Dir, "waiting_mails.json"), Print: a.Config.PrintMails,
	})
	a.collections = collection.New(collection.Config{
		Store: a.store, Snapshots: &a.snapshots, Records: a.records, Removals: a.removals, Changes: a.changes, Settings: a.settings,
		Log: a.log, Now: a.Config.Now, HookLimit: a.Config.HookLimit,
		Hooks: &a.hooks.Collections,
	})
	a.sql = sqlrun.New(sqlrun.Config{
		Store: a.store, Snapshot: a.snapshots.Load, Collections: a.collections, Settings: a.settings, Changes: a.changes,
		Log: a.Config.Log,
	})
}

// openChanges opens the change log. It runs before collections and settings are loaded, so that no
// change is missed.
func (a *App) openChanges(ctx context.Context) error {
	node := schema.RandomString(10, schema.AlphabetID)
	a.changes = change.New(change.Config{
		Store: a.store, Node: node, Log: a.log, Now: a.Config.Now,
		Keep: a.Config.KeepChanges, KeepRows: a.Config.KeepChangeRows,
	})
	a.changes.Observe(func(changes []change.Change) {
		for _, c := range changes {
			if c.Node != node && c.Kind != change.Record {
				a.reloader.request()
				return
			}
		}
	})
	for _, fn := range a.committed {
		a.changes.Observe(fn)
	}
	return a.changes.Open(ctx)
}

// startServing does step 3 of Open, for Serve only.
func (a *App) startServing(ctx context.Context) error {
	a.logs.Start()
	a.background.start(a.Config.Tracer, a.log)
	a.background.run("change feed", func(ctx context.Context) error { a.changes.Run(ctx); return nil })
	a.background.run("reload", a.reloader.reloadLoop)
	if err := a.startRemovals(ctx); err != nil {
		return err
	}
	if _, err := a.MigrateUp(ctx); err != nil {
		return err
	}
	a.started = true // also if a hook fails: the hooks before it have run
	if err := a.runStartHooks(ctx); err != nil {
		return err
	}
	a.background.run("mails", a.mails.Run)
	a.jobs.Start()
	a.background.runTasks()
	return nil
}
