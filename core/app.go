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

// Config holds the options of an App. Every field has a default.
type Config struct {
	Dir       string           // the data folder; default "loam_data"
	DB        string           // a PostgreSQL database, postgres://…; default: SQLite in the data folder
	Log       *slog.Logger     // default: nothing is logged
	Now       func() time.Time // default time.Now
	ReadLimit time.Duration    // time limit of one query of a caller who is not a superuser; default 10 s
	HookLimit time.Duration    // time limit of all handlers of one hook; default 10 s
	SlowQuery time.Duration    // statements that take at least this long are kept for Insights; default 100 ms
	HashCost  int              // bcrypt cost, 4 to 31, of passwords whose field sets no cost; default 10. Tests set 4

	// SettingsKey encrypts the stored settings, which hold passwords of other services, and
	// the secrets of auth collections. The key has settings.KeySize bytes. A database with
	// encrypted settings cannot be opened without the key. Default: the settings and the secrets
	// are stored in plain text.
	SettingsKey string

	Limits Limits // bounds of memory, answers and deletions; each has a default

	Migrations []Migration // migrations of the embedding program; Open for Serve runs each once

	// PrintMails receives the text of mails while SMTP is off in the settings. It is for
	// development, because the links and codes of mails are secrets. Default: no mail is sent
	// while SMTP is off.
	PrintMails io.Writer

	// Tracer makes the spans of background work. The spans of a request belong to the Tracer
	// in the context of the request. Default: background work has no spans.
	Tracer *trace.Tracer

	KeepChanges    time.Duration // time for which the change log keeps rows; default 24 h
	KeepChangeRows int           // approximate maximum number of rows of the change log; default 1,000,000
}

// Mode is the purpose for which an App is opened.
type Mode uint8

const (
	// Serve takes the lock of the data folder, so that each folder has one server. With
	// Config.DB there is no lock, and any number of servers may share the database.
	Serve Mode = iota
	// Tool works beside a running server, as the superuser command does.
	Tool
	// Install is Tool for a new installation: for a PostgreSQL database with tables of another
	// program Open returns store.ErrNotEmpty.
	Install
	// Alone takes the lock of the data folder as Serve does, and starts nothing. It is for work
	// that excludes other processes, such as restoring a backup.
	Alone
)

// ErrNotOpen is the error of methods that need the database, before Open and after Close.
var ErrNotOpen = errors.New("core: the app is not open")

// App is one open data folder with its services. New makes an App, Open opens it. From Open until
// Close an App is safe for concurrent use; the accessors of services must not be called before
// Open. A service that is used after Close returns errors.
type App struct {
	Config Config // may be changed until Open

	store       store.Store
	meter       *store.Meter                    // measures the statements of store
	insights    atomic.Pointer[insight.Service] // nil until makeServices; statements run earlier
	snapshots   atomic.Pointer[schema.Snapshot]
	local       *blob.Local // the files in the data folder
	blobs       *blob.Swap  // the store of files: local, unless the settings name another store
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
	backupStore *blob.Swap  // the store of backups
	jobs        *job.Service
	logs        *logs.Service
	log         *slog.Logger // the logger of Config, whose messages are also kept in logs; nil before Open
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

// New returns an App that is not open yet. New does not access the data folder or the database.
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

// Changes returns the change log, which has the writes of records in their order.
func (a *App) Changes() *change.Log { return a.changes }

// Snapshot returns the current collections. A request calls Snapshot once, so that all of the
// request sees the same state.
func (a *App) Snapshot() *schema.Snapshot { return a.snapshots.Load() }

// Blobs stores the files of records: in the data folder, unless settings name another
// store.
func (a *App) Blobs() blob.Store { return a.blobs }

// Removals returns the queue of files that no record names any more. The files are deleted while
// the App serves.
func (a *App) Removals() *removal.Queue { return a.removals }

// Thumbs makes thumbs of the images among the files of records.
func (a *App) Thumbs() *thumb.Maker { return a.thumbs }

// Passwords hashes and compares passwords, on a bounded number of cores (package password).
func (a *App) Passwords() *password.Hasher { return a.passwords }

// Budgets returns the budgets that divide memory and other resources among callers. Their figures
// of use are for metrics.
func (a *App) Budgets() *budget.Budgets { return a.budgets }

// Logs returns the service that stores the logs of requests and messages while the App serves.
func (a *App) Logs() *logs.Service { return a.logs }

// Log returns the logger of Config, never nil. After Open the messages of the logger are also kept
// in Logs.
func (a *App) Log() *slog.Logger {
	if a.log != nil {
		return a.log
	}
	return a.Config.Log
}

// Now returns the time by the clock of Config.
func (a *App) Now() time.Time { return a.Config.Now() }

// Available returns store.ErrUnavailable, a fault of the kind Unavailable, if the database was
// removed while the App was open, so that writes would be lost; ErrNotOpen if the App is not open;
// else nil. It does not read the database.
func (a *App) Available() error {
	if a.store == nil {
		return ErrNotOpen
	}
	return a.store.Available()
}

// Ping reads from the database, and returns the error of the read. ctx bounds the wait.
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
