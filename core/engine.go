// The choice of the database engine, SQLite or PostgreSQL, from the Config.

package core

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"

	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/postgres"
	"github.com/loambase/loam/core/internal/store/sqlite"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/migrations"
)

// openStore opens the engine that the Config names: PostgreSQL or SQLite. No other
// file names an engine.
func openStore(ctx context.Context, c Config, log *slog.Logger, meter *store.Meter, mode Mode) (store.Store, error) {
	c.Log = log
	if c.DB != "" {
		return openPostgres(ctx, c, meter, mode)
	}
	db, err := sqlite.Open(ctx, sqlite.Config{
		Dir: c.Dir, Serve: mode == Serve || mode == Alone, CacheBytes: c.Limits.WithDefaults().Caches, Log: c.Log, Meter: meter,
	})
	if err != nil {
		return nil, err // the result must not be a nil *sqlite.DB, which is not a nil store.Store
	}
	return db, nil
}

// openPostgres opens a PostgreSQL database. A database that Loam has not used yet is refused,
// before anything is created, if mode is Install and it has tables, or if it has tables with the
// names of Loam's first tables.
func openPostgres(ctx context.Context, c Config, meter *store.Meter, mode Mode) (store.Store, error) {
	db, err := postgres.Open(ctx, postgres.Config{URL: c.DB, Log: c.Log, Meter: meter, New: mode == Install, Names: firstTables()})
	if err != nil {
		return nil, err
	}
	return db, nil
}

// logFile is the name of the database of logs in the data folder.
const logFile = "logs.db"

// openLogs opens the database of logs. With SQLite it is a separate file, whose writes need not
// wait for the disk. With PostgreSQL it is the main database, which stays open when the database of
// logs is closed.
func openLogs(ctx context.Context, c Config, main store.Store) (store.Store, error) {
	if c.DB != "" {
		return shared{main}, nil
	}
	db, err := sqlite.Open(ctx, sqlite.Config{
		Dir: c.Dir, File: logFile, Relaxed: true, Shrinks: true, PageSize: 16 << 10, CacheBytes: 16 << 20, Log: c.Log,
	})
	if err != nil {
		return nil, err
	}
	return db, nil
}

// shared is a store whose Close does not close it.
type shared struct{ store.Store }

func (shared) Close() error { return nil }

// firstTables returns the names of the tables that a new installation has.
func firstTables() []string {
	names := schema.InternalTables()
	for _, c := range append(standard.SystemCollections(""), standard.Users("")) {
		names = append(names, c.Name)
	}
	return names
}

// refuseForeign refuses an SQLite database of another program, before any file is made in the data
// folder.
func refuseForeign(ctx context.Context, dir string) error {
	tables, pocketbase := foreignDatabase(ctx, dir)
	if len(tables) == 0 {
		return nil
	}
	refused := &store.ForeignError{Where: "its data.db", Tables: tables[:min(len(tables), 10)], Advice: "use another folder with --dir"}
	if pocketbase {
		refused.Advice = "it looks like PocketBase's; move it over into a new folder: loam import pocketbase " + dir + " --dir loam_data"
	}
	return refused
}

// foreignDatabase returns the tables of the database in the folder if the database belongs to
// another program, and whether it looks like a database of PocketBase.
func foreignDatabase(ctx context.Context, dir string) (tables []string, pocketbase bool) {
	var steps []string
	for _, s := range migrations.System() {
		steps = append(steps, s.Name)
	}
	tables = sqlite.ForeignTables(ctx, dir, steps)
	return tables, slices.Contains(tables, "_params") && slices.Contains(tables, "_collections")
}

// openCopy opens a copy of an SQLite database, to write to it.
func openCopy(ctx context.Context, path string, log *slog.Logger) (store.Store, error) {
	db, err := sqlite.Open(ctx, sqlite.Config{Dir: filepath.Dir(path), File: filepath.Base(path), Log: log})
	if err != nil {
		return nil, err
	}
	return db, nil
}

// newCopy makes an SQLite file that is filled at once. After Close the file is complete, but not
// yet durable.
func newCopy(ctx context.Context, path string, log *slog.Logger) (store.Store, error) {
	db, err := sqlite.Open(ctx, sqlite.Config{Dir: filepath.Dir(path), File: filepath.Base(path), Scratch: true, Log: log})
	if err != nil {
		return nil, err
	}
	return db, nil
}

// OpenSource opens an SQLite file of another program for reading. The file must be a
// private copy, with its write-ahead log beside it.
func OpenSource(path string) (store.Source, error) {
	source, err := sqlite.OpenSource(path)
	if err != nil {
		return nil, err
	}
	return source, nil
}
