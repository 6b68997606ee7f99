// Backup and restore of a PostgreSQL database, table by table, to and from an SQLite file.

package core

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/transfer"
	"github.com/loambase/loam/core/schema"
)

// copyLimit is the time limit of copying. Without a deadline the store would end the transaction
// after some minutes.
const copyLimit = 30 * 24 * time.Hour

// copyTables writes the database to a new SQLite file.
func (a *App) copyTables(ctx context.Context, from store.Whole, path string, progress func(copied, total int64)) error {
	ctx, cancel := context.WithTimeout(ctx, copyLimit)
	defer cancel()
	return writeCopy(ctx, path, a.log, func(to store.Store, sync func() error) error {
		return from.ReadWhole(ctx, func(r store.Reader) error {
			total, err := from.Size(r)
			if err != nil {
				return err
			}
			write := func(fn func(store.Tx) error) error { return to.Exclusive(ctx, fn) }
			return transfer.Copy(
				transfer.Source{Reader: r, Catalog: a.store.Catalog()},
				transfer.Target{Write: write, Catalog: to.Catalog(), Migrator: to.Migrator(), Now: a.Config.Now},
				transfer.Progress{
					Step: synced(sync, yielding(ctx, from, total, progress)),
					// The copy has the definition, from which PostgreSQL creates the view again.
					Unusable: func(string, error) {},
				})
		})
	})
}

// yielding reports the progress of the copy, and leaves half of the time to writes.
func yielding(ctx context.Context, s store.Yielder, total int64, progress func(copied, total int64)) func(bytes int64) error {
	copied, last := int64(0), time.Now()
	return func(bytes int64) error {
		copied += bytes
		progress(copied, max(copied, total))
		err := s.Yield(ctx, time.Since(last))
		last = time.Now()
		return err
	}
}

// syncBytes is the number of bytes of a copy between two syncs. A single sync at the end would
// block the disk for other users.
const syncBytes = 4 << 20

// synced syncs the copied part of the file, and then does the step.
func synced(sync func() error, step func(bytes int64) error) func(bytes int64) error {
	left := int64(syncBytes)
	return func(bytes int64) error {
		if left -= bytes; left <= 0 {
			left = syncBytes
			if err := sync(); err != nil {
				return err
			}
		}
		return step(bytes)
	}
}

// replaceTables replaces the database with that of an SQLite file. It creates and fills new tables
// beside the current tables, which takes most of the time, and then swaps the tables.
func (a *App) replaceTables(ctx context.Context, to store.Whole, path string, progress func(copied, total int64), moment func()) (err error) {
	ctx, cancel := context.WithTimeout(ctx, copyLimit)
	defer cancel()
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	from, err := openCopy(ctx, path, a.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	staged, err := to.Stage(ctx, func(tx store.Tx) error {
		return from.Read(ctx, func(r store.Reader) error {
			return transfer.Copy(
				transfer.Source{Reader: r, Catalog: from.Catalog()},
				transfer.Target{
					Write:   func(fn func(store.Tx) error) error { return fn(tx) },
					Catalog: a.store.Catalog(), Migrator: a.store.Migrator(), Now: a.Config.Now,
				},
				transfer.Progress{
					Step: yielding(ctx, to, info.Size(), progress),
					Unusable: func(view string, reason error) {
						a.log.Warn("restore: a view has no records until its query is corrected", "view", view, "error", reason)
					},
				})
		})
	})
	if err != nil {
		return refusedByServer(err)
	}
	defer staged.Close()
	return refusedByServer(a.changes.Replace(ctx, func() error {
		return staged.Swap(ctx, func(r store.Reader) ([]store.CatalogName, error) {
			moment()
			return ownTables(r)
		})
	}))
}

// ownTables returns the tables and views of an installation without the logs, which a restore
// leaves unchanged. The database may also have tables of other programs.
func ownTables(r store.Reader) (list []store.CatalogName, err error) {
	for _, name := range schema.InternalTables() {
		if !slices.Contains(schema.LogTables(), name) {
			list = append(list, store.CatalogName{Kind: "table", Name: name})
		}
	}
	rows, err := r.Query(`SELECT "name", "type" FROM "_collections"`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		kind := "table"
		if rows.Text(1) == schema.View {
			kind = "view"
		}
		list = append(list, store.CatalogName{Kind: kind, Name: rows.Text(0)})
	}
	return list, rows.Close()
}

// refusedByServer turns errors that a superuser can fix into faults.
func refusedByServer(err error) error {
	var grant *store.GrantError
	if errors.As(err, &grant) {
		return &fault.Error{Kind: fault.Invalid, Err: err, Message: "The archive cannot be restored: the account of the database may not make a schema, " +
			"in which the tables are prepared. A superuser of the database can allow it: " + grant.Grant}
	}
	var statement *store.StatementError
	var unique *store.UniqueError
	var long *store.TooLongError
	if errors.As(err, &statement) || errors.As(err, &unique) || errors.As(err, &long) {
		return unusable(err)
	}
	return err
}

// writeCopy creates an SQLite file and calls fill; sync makes the content of the file durable. An
// incomplete file is removed.
func writeCopy(ctx context.Context, path string, log *slog.Logger, fill func(to store.Store, sync func() error) error) error {
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	err := fillCopy(ctx, path, log, fill)
	if err != nil {
		if e := os.Remove(path); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

func fillCopy(ctx context.Context, path string, log *slog.Logger, fill func(to store.Store, sync func() error) error) (err error) {
	to, err := newCopy(ctx, path, log)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return errors.Join(err, to.Close())
	}
	defer func() { err = errors.Join(err, f.Close()) }() // after SQLite, whose locks on the file end with it
	if err := errors.Join(fill(to, f.Sync), to.Close()); err != nil {
		return err
	}
	return f.Sync()
}
