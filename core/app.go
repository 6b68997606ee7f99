package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/password"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// Version is what the binary calls itself.
const Version = "0.1.0"

// Config is how an App runs. Every field has a default.
type Config struct {
	Dir       string           // the data folder; default "loam_data"
	DB        string           // a PostgreSQL database, postgres://…; default: SQLite in the data folder
	Log       *slog.Logger     // default: nothing is logged
	Now       func() time.Time // default time.Now
	ReadLimit time.Duration    // of one query of a caller who is no superuser; default 10 s
	HookLimit time.Duration    // of the handlers of one hook; default 10 s

	Migrations []Migration // of the embedding program; run by Open for Serve, each once

	KeepChanges    time.Duration // how long the change log goes back; default 24 h
	KeepChangeRows int           // how many rows it has at most, about; default 1,000,000
}

// Mode is what an App is opened for.
type Mode uint8

const (
	// Serve takes the data folder's lock: one server a folder. There is none with
	// Config.DB, which any number of servers may use.
	Serve Mode = iota
	// Tool works beside a running server, as the superuser command does.
	Tool
	// Found is Tool for a new installation: a PostgreSQL database that has tables of
	// somebody else's is store.ErrNotEmpty.
	Found
)

// App is one open data folder and its services. Make it with New, then Open it;
// after that it is safe for concurrent use, and the accessors below may be called.
type App struct {
	Config Config // may be changed until Open

	store       store.Store
	snapshots   atomic.Pointer[schema.Snapshot]
	local       *blob.Local // the files in the data folder
	blobs       *blob.Swap  // where files are: local, unless it is set to another store
	passwords   *password.Hasher
	records     *record.Service
	collections *collection.Service
	settings    *settings.Service
	changes     *change.Log
	committed   []func([]change.Change) // of OnCommitted
	hooks       Hooks
	jobs        []func(context.Context) // of Go
	serving     bool                    // the Start hooks have run

	stop    context.CancelFunc // of what runs in the background
	running sync.WaitGroup
	stale   chan struct{} // another process has changed definitions or settings; capacity 1
}

// New is an App that is not open yet. It touches nothing.
func New(c Config) *App {
	if c.Dir == "" {
		c.Dir = "loam_data"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.HookLimit <= 0 {
		c.HookLimit = 10 * time.Second
	}
	return &App{Config: c, stale: make(chan struct{}, 1)}
}

// Records reads and writes records.
func (a *App) Records() *record.Service { return a.records }

// Collections defines collections.
func (a *App) Collections() *collection.Service { return a.collections }

// Settings reads and changes the settings.
func (a *App) Settings() *settings.Service { return a.settings }

// Changes is the log of all changes: subscribe to it to follow them.
func (a *App) Changes() *change.Log { return a.changes }

// Snapshot is the current view of all collections: take it once a request.
func (a *App) Snapshot() *schema.Snapshot { return a.snapshots.Load() }

// Blobs keeps the files of records.
func (a *App) Blobs() blob.Store { return a.blobs }

// Passwords hashes and compares passwords.
func (a *App) Passwords() *password.Hasher { return a.passwords }

// Log is the application's log.
func (a *App) Log() *slog.Logger { return a.Config.Log }

// Now is the application's clock.
func (a *App) Now() time.Time { return a.Config.Now() }

// OnCommitted adds fn to those called with the changes of each transaction once
// it is durable and before it is acknowledged (see change.Log.Observe). To be called
// before the App serves requests.
func (a *App) OnCommitted(fn func(changes []change.Change)) {
	a.committed = append(a.committed, fn)
	if a.changes != nil {
		a.changes.Observe(fn)
	}
}

// Go has fn run beside the server, from when it has been opened for serving until it
// is closed: the context ends then, and Close waits for fn to return. A fn that
// panics takes the process with it. To be called before Open.
func (a *App) Go(fn func(ctx context.Context)) { a.jobs = append(a.jobs, fn) }

// Open opens the data folder and the database, creating what is missing, and makes
// the services. A folder that another server holds is store.ErrLocked, a database
// that does not answer store.ErrUnavailable. On an error nothing stays open.
func (a *App) Open(ctx context.Context, mode Mode) error {
	if a.store != nil {
		return errors.New("core: the app is open already")
	}
	err := a.open(ctx, mode)
	if err == nil && mode == Serve {
		err = a.begin(ctx)
	}
	if err != nil {
		return errors.Join(err, a.Close())
	}
	return nil
}

// begin is what an App does that is opened for serving.
func (a *App) begin(ctx context.Context) error {
	background, stop := context.WithCancel(context.Background())
	a.stop = stop
	a.running.Go(func() { a.changes.Run(background) })
	a.running.Go(func() { a.sweepBlobs(background) })
	a.running.Go(func() { a.follow(background) })
	if err := a.migrate(ctx); err != nil {
		return err
	}
	a.serving = true
	if err := a.started(ctx); err != nil {
		return err
	}
	for _, job := range a.jobs {
		a.running.Go(func() { job(background) })
	}
	return nil
}

func (a *App) open(ctx context.Context, mode Mode) (err error) {
	dir := a.Config.Dir
	for _, d := range []string{dir, filepath.Join(dir, "storage"), filepath.Join(dir, "backups")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return fmt.Errorf("data folder: %w", err)
		}
	}
	if a.store, err = openStore(ctx, a.Config, mode); err != nil {
		return err
	}
	if err := migrate(ctx, a.store, a.Config.Now); err != nil {
		return err
	}
	if a.local, err = blob.NewLocal(filepath.Join(dir, "storage")); err != nil {
		return err
	}
	a.blobs = blob.NewSwap(a.local)
	if err := a.openChanges(ctx); err != nil {
		return err
	}
	a.passwords = password.New(0, 0)
	a.records = record.New(record.Config{
		Store: a.store, Snapshot: a.snapshots.Load, Blobs: a.blobs, Passwords: a.passwords,
		Log: a.Config.Log, Changes: a.changes, Now: a.Config.Now, ReadLimit: a.Config.ReadLimit, HookLimit: a.Config.HookLimit,
		Hooks: &a.hooks.Records,
	})
	a.settings = settings.New(settings.Config{Store: a.store, Changes: a.changes, Log: a.Config.Log, Now: a.Config.Now})
	a.collections = collection.New(collection.Config{
		Store: a.store, Snapshots: &a.snapshots, Records: a.records, Blobs: a.blobs, Changes: a.changes, Log: a.Config.Log, Now: a.Config.Now,
		Hooks: &a.hooks.Collections, HookLimit: a.Config.HookLimit, Settings: a.settings,
	})
	if err := a.load(ctx); err != nil {
		return err
	}
	if err := a.collections.EnsureSystem(ctx); err != nil {
		return fmt.Errorf("system collections: %w", err)
	}
	a.store.OnForeignWrite(a.reload)
	return nil
}

// openChanges opens the change log, before anything is read that it tells about.
func (a *App) openChanges(ctx context.Context) error {
	node := schema.RandomString(10, schema.AlphabetID)
	a.changes = change.New(change.Config{
		Store: a.store, Node: node, Log: a.Config.Log, Now: a.Config.Now,
		Keep: a.Config.KeepChanges, KeepRows: a.Config.KeepChangeRows,
	})
	a.changes.Observe(func(changes []change.Change) {
		for _, c := range changes {
			if c.Node != node && c.Kind != change.Record {
				a.stir()
				return
			}
		}
	})
	for _, fn := range a.committed {
		a.changes.Observe(fn)
	}
	return a.changes.Open(ctx)
}

// load fills the snapshot and the settings from the database.
func (a *App) load(ctx context.Context) error {
	if err := a.collections.Load(ctx); err != nil {
		return fmt.Errorf("load collections: %w", err)
	}
	if err := a.settings.Load(ctx); err != nil {
		return fmt.Errorf("load settings: %w", err)
	}
	return nil
}

// stir has the definitions and settings loaded anew.
func (a *App) stir() {
	select {
	case a.stale <- struct{}{}:
	default:
	}
}

// follow loads them each time that it is stirred, until ctx ends.
func (a *App) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.stale:
		}
		if a.load(ctx) == nil {
			continue
		}
		select { // the database is out of reach
		case <-ctx.Done():
		case <-time.After(time.Second):
			a.stir()
		}
	}
}

// reload follows a write of another process. The store calls it again if it fails.
func (a *App) reload(ctx context.Context, logged bool) error {
	var err error
	if !logged {
		if err = a.load(ctx); err != nil {
			a.Config.Log.Warn("reload after a write of another process", "error", err)
		}
	}
	a.changes.Wrote(logged)
	return err
}

// Close waits for running work and releases everything. Idempotent.
func (a *App) Close() error {
	if a.store == nil {
		return nil
	}
	var err error
	if a.serving {
		a.serving = false
		err = a.stopped()
	}
	if a.stop != nil {
		a.stop()
		a.running.Wait()
	}
	err = errors.Join(err, a.store.Close())
	if a.local != nil {
		err = errors.Join(err, a.local.Close())
	}
	a.store, a.changes, a.stop = nil, nil, nil
	return err
}
