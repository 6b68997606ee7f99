// Copy and restore of a PostgreSQL: table by table, into an SQLite file and out of one.

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

// copyLimit is the deadline of copying: a store would give up a transaction that has none
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
					// Its definition is in the copy. PostgreSQL makes it anew.
					Unusable: func(string, error) {},
				})
		})
	})
}

// yielding reports what is copied and leaves writes half of the time.
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

// syncBytes is how much of a copy is made durable at once. One sync of all of it would keep the
// disk from everybody else.
const syncBytes = 4 << 20

// synced makes durable what was copied, and then does the step.
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

// replaceTables puts the database of an SQLite file in the place of this one. The tables are
// made and filled beside those that are served, which takes the time; then they change places.
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

// ownTables are the tables and views of an installation, but for the logs, which a restore
// leaves as they are. There may be those of other programs beside them.
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

// refusedByServer makes a fault of what a superuser can mend.
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

// writeCopy makes an SQLite file and has it filled; sync makes durable what is in it so far. What
// is not whole is removed.
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
