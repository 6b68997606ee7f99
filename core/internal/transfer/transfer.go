// Package transfer copies a whole database into an empty one, of the same engine or of
// another. A definition says the same on every engine, and so does a value of a field: the
// tables are made from the definitions, and values are read and bound by their fields. So a
// backup of a PostgreSQL is an SQLite file, and can be restored on either.
//
// The change log is left out, since a copy begins one of its own; so are logs, and what
// somebody has added to tables by SQL beside the definitions: indexes and triggers.
package transfer

import (
	"fmt"
	"slices"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/migrations"
)

// Source is a database as one transaction sees it, all of whose migrations have run.
type Source struct {
	Reader  store.Reader
	Catalog store.Catalog
}

// Target is an empty database.
type Target struct {
	// Write calls fn in a transaction. It is called for one table after the other.
	Write    func(fn func(store.Tx) error) error
	Catalog  store.Catalog
	Migrator store.Migrator
	Now      func() time.Time
}

// Progress says how much of the copying is seen from outside.
type Progress struct {
	// Step is called now and then with the number of bytes that were copied since the last
	// call. Its error ends the copying.
	Step func(bytes int64) error
	// Unusable is called for a view that the target has made without records, since its
	// engine cannot work with the query.
	Unusable func(view string, reason error)
}

// transfer is one copying.
type transfer struct {
	Source
	to Target
	Progress
	bytes int64 // since the last step
}

// Copy copies the database. On an error the target is of no use.
func Copy(from Source, to Target, p Progress) error {
	t := &transfer{Source: from, to: to, Progress: p}
	if err := to.Write(t.system); err != nil {
		return err
	}
	list, err := definitions(from.Reader)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.IsView() {
			continue
		}
		if err := to.Write(func(tx store.Tx) error { return t.collection(tx, c) }); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	err = to.Write(func(tx store.Tx) error { return t.views(tx, schema.NewSnapshot(0, list)) })
	if err != nil {
		return err
	}
	return t.step()
}

// definitions reads the collections, in the order of their creation. Secrets stay as they are
// stored: they concern nothing here.
func definitions(r store.Reader) (list []*schema.Collection, err error) {
	rows, err := r.Query(`SELECT "id", "type", "name", "fields", "indexes", "options" FROM "_collections" ORDER BY "_rowid_"`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		c := &schema.Collection{ID: rows.Text(0), Type: rows.Text(1), Name: rows.Text(2)}
		if err := c.LoadJSON(rows.Bytes(3), rows.Bytes(4), rows.Bytes(5)); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Close()
}

// views makes the views, each after those that it reads. One that the engine refuses keeps its
// definition and has no records, so that its query can be corrected.
func (t *transfer) views(tx store.Tx, all *schema.Snapshot) error {
	for _, c := range alter.ViewOrder(all) {
		made, err := alter.NewView(c, all)
		if err == nil {
			err = tx.Savepoint(func() error { return t.to.Catalog.CreateView(tx, c.Name, made.View) })
		}
		if err == nil {
			continue
		}
		t.Unusable(c.Name, err)
		if err := t.to.Catalog.CreateView(tx, c.Name, alter.EmptyView(c.Clone())); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	return nil
}

// system makes the tables of the server itself and copies their rows.
func (t *transfer) system(tx store.Tx) error {
	db := migrating{tx, t.to.Migrator}
	if err := migrations.Ledger(db); err != nil {
		return err
	}
	for _, step := range migrations.System() {
		if err := step.Up(db); err != nil {
			return err
		}
	}
	for _, table := range schema.InternalTables() {
		if table == "_changes" || slices.Contains(schema.LogTables(), table) {
			continue
		}
		if err := t.plain(tx, table); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return change.Restart(tx, t.to.Now())
}

// migrating is what a migration may do.
type migrating struct {
	tx       store.Tx
	migrator store.Migrator
}

// Exec implements migrations.DB.
func (m migrating) Exec(sql string) error {
	_, err := m.tx.Exec(m.migrator.Migration(sql))
	return err
}

// stepBytes is how much is copied between two steps: so much takes a millisecond or two.
const stepBytes = 128 << 10

// count adds to what was copied.
func (t *transfer) count(bytes int) error {
	if t.bytes += int64(bytes); t.bytes < stepBytes {
		return nil
	}
	return t.step()
}

func (t *transfer) step() error {
	n := t.bytes
	t.bytes = 0
	return t.Step(n)
}
