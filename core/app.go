// App and its Config: the accessors of the services of an open data folder.

package core

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/backup"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/insight"
	"github.com/loambase/loam/core/internal/removal"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/job"
	"github.com/loambase/loam/core/logs"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/core/sqlrun"
	"github.com/loambase/loam/internal/budget"
	"github.com/loambase/loam/internal/password"
	"github.com/loambase/loam/internal/thumb"
	"github.com/loambase/loam/internal/trace"
	"github.com/loambase/loam/internal/version"
)

// Version is the version that the binary reports.
const Version = version.Number

// Limits bound the memory of the process, the size of an answer, and the records that one write may
// delete.
type Limits = budget.Limits

// Config is how an App runs. Every field has a default.
type Config struct {
	Dir       string           // the data folder; default "loam_data"
	DB        string           // a PostgreSQL database, postgres://…; default: SQLite in the data folder
	Log       *slog.Logger     // default: nothing is logged
	Now       func() time.Time // default time.Now
	ReadLimit time.Duration    // of one query of a caller who is no superuser; default 10 s
	HookLimit time.Duration    // of the handlers of one hook; default 10 s
	SlowQuery time.Duration    // statements that take as long are kept for Insights; default 100 ms
	HashCost  int              // bcrypt's, 4 to 31, of passwords whose field sets none; default 10. Tests set 4

	// SettingsKey encrypts the stored settings, which hold passwords of other services, and
	// the secrets of auth collections. It has settings.KeySize bytes. Without it a database
	// whose settings are encrypted cannot be opened. Default: they are stored in plain text.
	SettingsKey string

	Limits Limits // bounds of memory, answers and deletions; each has a default

	Migrations []Migration // of the embedding program; run by Open for Serve, each once

	// PrintMails gets the mails while SMTP is off in the settings, for development: their
	// links and codes are secrets. Default: no mail is sent then.
	PrintMails io.Writer

	// Tracer makes the spans of background work. The spans of a request belong to the Tracer
	// in the context of the request. Default: background work has no spans.
	Tracer *trace.Tracer

	KeepChanges    time.Duration // how long the change log goes back; default 24 h
	KeepChangeRows int           // how many rows the change log has at most, about; default 1,000,000
}

// Mode is the purpose for which an App is opened.
type Mode uint8

const (
	// Serve takes the lock of the data folder: one server per folder. With Config.DB
	// there is no such lock, and any number of servers may share the database.
	Serve Mode = iota
	// Tool works beside a running server, as the superuser command does.
	Tool
	// Install is Tool for a new installation: a PostgreSQL database that has tables
	// which are not Loam's is refused with store.ErrNotEmpty.
	Install
	// Alone takes the lock of the data folder as Serve does, and starts nothing: for work
	// that nobody else may be at, as restoring a backup.
	Alone
)

// ErrNotOpen is the error of methods that need the database, before Open and after Close.
var ErrNotOpen = errors.New("core: the app is not open")

// App is one open data folder with its services. New makes it, Open opens it. From
// then until Close it is safe for concurrent use; the accessors of services must not
// be called before Open. A service that is used after Close returns errors.
type App struct {
	Config Config // may be changed until Open

	store       store.Store
	meter       *store.Meter                    // measures the statements of store
	insights    atomic.Pointer[insight.Service] // nil until makeServices; statements run earlier
	snapshots   atomic.Pointer[schema.Snapshot]
	local       *blob.Local // the files in the data folder
	blobs       *blob.Swap  // where files are: local, unless it is set to another store
	removals    *removal.Queue
	thumbs      *thumb.Maker
	passwords   *password.Hasher
	budgets     *budget.Budgets
	records     *record.Service
	collections *collection.Service
	settings    *settings.Service
	mails       *mail.Service
	sql         *sqlrun.Service
	backups     *backup.Service
	archives    *blob.Local // backups in the data folder
	backupStore *blob.Swap  // where backups are kept
	jobs        *job.Service
	logs        *logs.Service
	log         *slog.Logger // that of Config, kept in logs too; nil before Open
	changes     *change.Log
	committed   []func([]change.Change) // see OnCommitted
	published   published
	hooks       Hooks
	teller      settingsTeller
	values      Values
	started     bool // the Start hooks have run, so the Stop hooks must

	background background
	reloader   *reloader
}

// New returns an App that is not open yet. It touches neither the folder nor the
// database.
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
	if c.SlowQuery <= 0 {
		c.SlowQuery = 100 * time.Millisecond
	}
	a := &App{Config: c, jobs: job.New()}
	a.teller.wake = make(chan struct{}, 1)
	a.Go("settings hooks", a.runSettingsHooks)
	a.values.now = a.Now
	a.addJobs()
	return a
}

// Records reads and writes records.
func (a *App) Records() *record.Service { return a.records }

// Collections defines collections.
func (a *App) Collections() *collection.Service { return a.collections }

// Settings reads and changes the settings.
func (a *App) Settings() *settings.Service { return a.settings }

// Mails sends mails.
func (a *App) Mails() *mail.Service { return a.mails }

// SQL runs SQL of superusers.
func (a *App) SQL() *sqlrun.Service { return a.sql }

// Insights lists the slow statements, and the indexes that are missing, unused or duplicate.
func (a *App) Insights() *insight.Service { return a.insights.Load() }

// Jobs runs work at the times of cron expressions. Jobs can be added before Open too; they run
// while the App serves.
func (a *App) Jobs() *job.Service { return a.jobs }

// Values returns the in-memory key-value store of the program. It is usable before Open too.
func (a *App) Values() *Values { return &a.values }

// Changes is the change log. Subscribe to it to follow what is written.
func (a *App) Changes() *change.Log { return a.changes }

// Snapshot returns the collections as they are now. A request takes it once, so that
// it does not see two states.
func (a *App) Snapshot() *schema.Snapshot { return a.snapshots.Load() }

// Blobs stores the files of records: in the data folder, unless settings name another
// store.
func (a *App) Blobs() blob.Store { return a.blobs }

// Removals is the queue of files that no record names any more. It is worked off while the
// App serves.
func (a *App) Removals() *removal.Queue { return a.removals }

// Thumbs makes thumbs of the images among the files of records.
func (a *App) Thumbs() *thumb.Maker { return a.thumbs }

// Passwords hashes and compares passwords, on a bounded number of cores (package password).
func (a *App) Passwords() *password.Hasher { return a.passwords }

// Budgets divide what is scarce among callers. Their figures of use are for metrics.
func (a *App) Budgets() *budget.Budgets { return a.budgets }

// Logs keeps what is logged, requests included, while the App serves.
func (a *App) Logs() *logs.Service { return a.logs }

// Log returns the logger of Config, never nil. From Open on what is logged by it is kept in
// Logs too.
func (a *App) Log() *slog.Logger {
	if a.log != nil {
		return a.log
	}
	return a.Config.Log
}

// Now returns the time by the clock of Config.
func (a *App) Now() time.Time { return a.Config.Now() }

// Available returns store.ErrUnavailable, a fault.Unavailable, if the database was removed
// under the App, so that writes would be lost; ErrNotOpen if the App is not open; else nil.
// It takes no time.
func (a *App) Available() error {
	if a.store == nil {
		return ErrNotOpen
	}
	return a.store.Available()
}

// Ping reads from the database, and returns why it does not answer. ctx bounds the wait.
func (a *App) Ping(ctx context.Context) error {
	if err := a.Available(); err != nil {
		return err
	}
	return a.store.Read(ctx, func(r store.Reader) error {
		rows, err := r.Query("SELECT 1")
		if err != nil {
			return err
		}
		return rows.Close()
	})
}

// OnCommitted adds an observer of commits: fn is called with the changes of each
// transaction when they are durable and before the write is acknowledged (see
// change.Log.Observe for what fn may do). Call it before the App serves requests.
func (a *App) OnCommitted(fn func(changes []change.Change)) {
	a.committed = append(a.committed, fn)
	if a.changes != nil {
		a.changes.Observe(fn)
	}
}
