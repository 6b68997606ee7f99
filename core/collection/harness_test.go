package collection_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/removal"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/password"
	"github.com/loambase/loam/migrations"
)

// world is a collection service on a separate database, whose tables tests may read.
type world struct {
	*collection.Service
	t         *testing.T
	store     store.Store
	records   *record.Service
	snapshots atomic.Pointer[schema.Snapshot]
	blobs     blob.Store
	removals  *removal.Queue
	hooks     collection.Hooks
}

type execer struct {
	tx      store.Tx
	dialect store.Migrator
}

func (e execer) Exec(sql string) error {
	_, err := e.tx.Exec(e.dialect.Migration(sql))
	return err
}

// place is the place of a world's database.
type place struct{ dir, url string }

func newPlace(t *testing.T) place {
	t.Helper()
	return place{t.TempDir(), enginetest.URL(t)}
}

// open opens a world in the place, with the system collections.
func open(t *testing.T, at place) *world {
	t.Helper()
	w := &world{t: t}
	db := enginetest.OpenAt(t, at.dir, at.url)
	w.store = db
	var err error
	if w.blobs, err = blob.NewLocal(at.dir + "/storage"); err != nil {
		t.Fatal(err)
	}
	w.migrate()
	log := slog.New(slog.DiscardHandler)
	changes := change.New(change.Config{Store: db, Node: "test", Log: log})
	w.removals = removal.New(removal.Config{Store: db, Blobs: w.blobs, Log: log,
		Names: func(r store.Reader, collection, id string) ([]string, bool, error) {
			return w.records.FileNames(r, collection, id)
		}})
	records := record.New(record.Config{Store: db, Snapshot: w.snapshots.Load, Blobs: w.blobs, Removals: w.removals,
		Passwords: password.New(password.Config{Cost: password.MinCost}), Log: log, Changes: changes})
	w.records = records
	w.Service = collection.New(collection.Config{Store: db, Snapshots: &w.snapshots, Records: records,
		Removals: w.removals, Changes: changes, Log: log, Now: ticking(), Hooks: &w.hooks})
	w.must(w.Load(context.Background()))
	w.must(w.EnsureSystem(context.Background()))
	return w
}

func newWorld(t *testing.T) *world { return open(t, newPlace(t)) }

func (w *world) migrate() {
	w.t.Helper()
	exists := false
	w.must(w.store.Read(context.Background(), func(r store.Reader) error {
		names, err := w.store.Catalog().Names(r)
		for _, n := range names {
			exists = exists || n.Name == "_collections"
		}
		return err
	}))
	if exists {
		return
	}
	w.must(w.store.Exclusive(context.Background(), func(tx store.Tx) error {
		for _, step := range migrations.System() {
			if err := step.Up(execer{tx, w.store.Migrator()}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// ticking returns a clock that advances by a second with each call.
func ticking() func() time.Time {
	var seconds atomic.Int64
	return func() time.Time { return time.Date(2024, 1, 1, 0, 0, int(seconds.Add(1)), 0, time.UTC) }
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) create(body string) *schema.Collection {
	w.t.Helper()
	c, err := w.Create(context.Background(), record.Root(), []byte(body))
	if err != nil {
		w.t.Fatalf("Create(%s): %s", body, describe(err))
	}
	return c
}

// get returns the collection as a superuser gets it.
func (w *world) get(name string) (*schema.Collection, error) {
	return w.Get(context.Background(), record.Root(), name)
}

// truncate deletes the records of a collection.
func (w *world) truncate(ctx context.Context, name string) error {
	return w.records.Truncate(ctx, record.Root(), name)
}

func (w *world) update(name, body string) *schema.Collection {
	w.t.Helper()
	c, err := w.Update(context.Background(), record.Root(), name, []byte(body))
	if err != nil {
		w.t.Fatalf("Update(%s, %s): %s", name, body, describe(err))
	}
	return c
}

func (w *world) exec(sql string, args ...store.Value) {
	w.t.Helper()
	w.must(w.store.Write(context.Background(), func(tx store.Tx) error {
		_, err := tx.Exec(sql, args...)
		return err
	}))
}

// rows returns the rows of a query, with their columns joined by commas.
func (w *world) rows(columns int, sql string) []string {
	w.t.Helper()
	var list []string
	w.must(w.store.Read(context.Background(), func(r store.Reader) error {
		list = nil
		rows, err := r.Query(sql)
		if err != nil {
			return err
		}
		for rows.Next() {
			var row []string
			for i := range columns {
				row = append(row, rows.Text(i))
			}
			list = append(list, strings.Join(row, ","))
		}
		return rows.Close()
	}))
	return list
}

// indexes returns the statements of the indexes on a table, without those of keys. For PostgreSQL
// the name of the schema is left out.
func (w *world) indexes(table string) []string {
	w.t.Helper()
	if enginetest.Postgres() {
		return w.rows(1, `SELECT replace(indexdef, quote_ident(current_schema()) || '.', '') FROM pg_indexes
			WHERE schemaname = current_schema() AND tablename = '`+table+`' AND indexname NOT LIKE '%\_key' AND indexname NOT LIKE '%\_pkey' ORDER BY indexname`)
	}
	return w.rows(1, `SELECT "sql" FROM "sqlite_schema" WHERE "type" = 'index' AND "tbl_name" = '`+table+`' AND "sql" != '' ORDER BY "name"`)
}

// either returns the expected result of SQLite, or of PostgreSQL.
func either(sqlite, postgres []string) []string {
	if enginetest.Postgres() {
		return postgres
	}
	return sqlite
}

// describe returns the error with the failures of its fields.
func describe(err error) string {
	var e *fault.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	fields, _ := json.Marshal(e.Fields)
	return e.Error() + " " + string(fields)
}

// state returns everything that a failed change must not modify.
func (w *world) state() string {
	w.t.Helper()
	var all []string
	for _, c := range w.snapshots.Load().All() {
		raw, err := json.Marshal(c)
		w.must(err)
		all = append(all, string(raw))
	}
	all = append(all, w.rows(3, `SELECT "id", "name", "options" FROM "_collections"`)...)
	if enginetest.Postgres() {
		all = append(all, w.rows(4, `SELECT table_name, column_name, data_type, COALESCE(column_default, '')
			FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2`)...)
		all = append(all, w.rows(1, `SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1`)...)
	} else {
		all = append(all, w.rows(2, `SELECT "name", "sql" FROM "sqlite_schema" ORDER BY "name"`)...)
	}
	return strings.Join(all, "\n")
}
