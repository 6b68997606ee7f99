// Backups: the adapter of the App's database for package backup, and the place of the archives.

package core

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"strconv"
	"time"

	"github.com/loambase/loam/core/backup"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/migrations"
)

// Backups makes and restores archives of the database and the files.
func (a *App) Backups() *backup.Service { return a.backups }

// workFolder is the folder for temporary files of backups, in the data folder.
const workFolder = ".backup"

// openBackups makes the service of backups. Archives are stored in the data folder unless the
// settings name a bucket.
func (a *App) openBackups() (err error) {
	dir := a.Config.Dir
	if a.archives, err = blob.NewLocal(filepath.Join(dir, "backups")); err != nil {
		return err
	}
	a.backupStore = blob.NewSwap(a.archives)
	var known []string
	for _, s := range migrations.System() {
		known = append(known, s.Name)
	}
	a.backups = backup.New(backup.Config{
		Database: backupDatabase{a}, Files: a.local, Hold: a.holdFiles, Alone: a.aloneWithBackup, Tell: a.tellBackup, Store: a.backupStore, Work: filepath.Join(dir, workFolder),
		AppName: func() string { return a.settings.Current().Meta.AppName },
		Version: Version, Schema: known, Log: a.log, Now: a.Config.Now, Logs: backupLogs{a},
		Hooks: &a.hooks.Backups,
	})
	a.OnPublished(backupTopic, a.hearBackup)
	a.jobs.Remove(autoBackupJob) // of an earlier Open
	a.settings.OnChange(a.scheduleBackups)
	a.settings.OnChange(a.placeBackups)
	return nil
}

// Locks among the processes that share a database and its data folder.
const (
	lockFiles   = "files"   // shared while files are removed, exclusive while files must stay
	lockBackups = "backups" // for making or restoring an archive; with a key, for the use of that archive
)

// lock takes a lock among all processes that may use the database.
func (a *App) lock(ctx context.Context, name string, how store.LockMode) (release func(), ok bool, err error) {
	if l, shared := a.store.(store.Locker); shared {
		return l.Lock(ctx, name, how)
	}
	return func() {}, true, nil
}

// aloneWithBackup implements backup.Alone.
func (a *App) aloneWithBackup(ctx context.Context, key string) (release func(), ok bool, err error) {
	name := lockBackups
	if key != "" {
		name += " " + strconv.QuoteToASCII(key)
	}
	return a.lock(ctx, name, store.LockTry)
}

// backupTopic is the topic of Publish for the progress of backups and restores.
const backupTopic = "loam.backups"

// tellLimit is the time limit of a message: a backup does not wait longer for a database that is away.
const tellLimit = 2 * time.Second

// tellBackup tells the other servers of the progress of a backup or restore; nil says that it has
// ended. A server that misses the end forgets the progress after some seconds.
func (a *App) tellBackup(p *backup.Progress) {
	ctx, cancel := context.WithTimeout(context.Background(), tellLimit)
	defer cancel()
	text, err := json.Marshal(p)
	if err == nil {
		err = a.Publish(ctx, backupTopic, text)
	}
	if err != nil {
		a.log.Debug("tell other servers of a backup", "error", err)
	}
}

// hearBackup receives the messages of tellBackup of other servers.
func (a *App) hearBackup(message []byte) {
	var p *backup.Progress
	if err := json.Unmarshal(message, &p); err != nil {
		a.log.Debug("progress of another server's backup", "error", err)
		return
	}
	a.backups.Hear(p)
}

// holdFiles implements backup.Hold. The lock among processes is taken first, since the worker of
// this process needs that lock to finish its work.
func (a *App) holdFiles(ctx context.Context) (release func(), err error) {
	others, _, err := a.lock(ctx, lockFiles, store.LockWait)
	if err != nil {
		return nil, err
	}
	own, err := a.removals.Hold(ctx)
	if err != nil {
		others()
		return nil, err
	}
	return func() { own(); others() }, nil
}

// backupDatabase implements backup.Database for an App.
type backupDatabase struct{ app *App }

// Copy implements backup.Database.
func (d backupDatabase) Copy(ctx context.Context, path string, progress func(copied, total int64)) error {
	return d.app.CopyDatabase(ctx, path, progress)
}

// Yield implements backup.Database.
func (d backupDatabase) Yield(ctx context.Context, took time.Duration) error {
	return d.app.store.(store.Yielder).Yield(ctx, took)
}

// Replace implements backup.Database.
func (d backupDatabase) Replace(ctx context.Context, path string, progress func(copied, total int64), moment func()) error {
	return d.app.replaceDatabase(ctx, path, progress, moment)
}

// Prepare implements backup.Database. It opens an App on the folder, so that the work of the next
// start is done here, while the earlier database is still served.
func (d backupDatabase) Prepare(ctx context.Context, dir, mark string) (err error) {
	if whole, ok := d.app.store.(store.Whole); ok {
		if err := whole.MayStage(ctx); err != nil {
			return refusedByServer(err)
		}
	}
	if err := checkCopy(ctx, dir); err != nil {
		return err
	}
	cfg := d.app.Config
	cfg.Dir, cfg.DB = dir, ""
	cfg.Log = slog.New(slog.DiscardHandler)
	trial := New(cfg)
	if err := trial.Open(ctx, Tool); err != nil {
		return unusable(err)
	}
	defer func() { err = errors.Join(err, trial.Close()) }()
	if _, err := trial.MigrateUp(ctx); err != nil {
		return unusable(err)
	}
	return trial.setMark(ctx, mark)
}

// checkCopy returns the fault of a database that is damaged or belongs to another program.
func checkCopy(ctx context.Context, dir string) error {
	switch foreign, pocketbase := foreignDatabase(ctx, dir); {
	case pocketbase:
		return fault.New(fault.Invalid, "The archive is a backup of PocketBase's. Unpack it, and import the folder into a new installation: "+
			"loam import pocketbase FOLDER --dir loam_data")
	case len(foreign) > 0:
		return fault.New(fault.Invalid, "The archive has the database of another program.")
	}
	source, err := OpenSource(filepath.Join(dir, "data.db"))
	if err != nil {
		return unusable(err)
	}
	if err := checkSource(ctx, source); err != nil {
		return errors.Join(unusable(err), source.Close())
	}
	return source.Close()
}

// checkSource checks the whole database, which must be a database of Loam: opening an empty file
// would turn it into one.
func checkSource(ctx context.Context, source store.Source) error {
	if _, err := source.Check(ctx); err != nil {
		return err
	}
	done := map[string]time.Time{}
	if err := source.Read(ctx, func(r store.Reader) error { return readApplied(r, done) }); err != nil {
		return err
	}
	if first := migrations.System()[0].Name; done[first].IsZero() {
		return errors.New("it is not a database of Loam")
	}
	return nil
}

// unusable returns the fault of a database that cannot replace the served one. Superusers are told
// the reason.
func unusable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, store.ErrFull) {
		return err
	}
	return &fault.Error{Kind: fault.Invalid, Message: "The archive cannot be restored: its database cannot be used.", Reason: err.Error(), Err: err}
}

// markID is the id of the row of _params with the mark of the last restore.
const markID = "restored"

// setMark stores the mark in the database.
func (a *App) setMark(ctx context.Context, mark string) error {
	return a.store.Write(ctx, func(tx store.Tx) error { return a.writeParam(tx, markID, mark) })
}

// Mark implements backup.Database.
func (d backupDatabase) Mark(ctx context.Context) (mark string, err error) {
	err = d.app.param(ctx, markID, &mark)
	return mark, err
}
