// Package transfer copies a whole database into an empty one, of the same engine or of another.
// Definitions and values of fields mean the same on every engine: tables are created from the
// definitions, and values are read and bound by their fields. So a backup of PostgreSQL is an
// SQLite file, and can be restored on either engine.
//
// The change log is not copied, since the copy begins its own; nor are logs, nor indexes and
// triggers that were added to tables by SQL beside the definitions.
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

// Source is a database in one transaction. All of its migrations must have run.
type Source struct {
	Reader  store.Reader
	Catalog store.Catalog
}

// Target is an empty database.
type Target struct {
	// Write calls fn in a transaction. It is called once for each table.
	Write    func(fn func(store.Tx) error) error
	Catalog  store.Catalog
	Migrator store.Migrator
	Now      func() time.Time
}

// Progress reports the progress of a copy.
type Progress struct {
	// Step is called several times with the number of bytes copied since the last call. Its error
	// ends the copy.
	Step func(bytes int64) error
	// Unusable is called for a view that was created without rows, since the engine of the target
	// cannot run its query.
	Unusable func(view string, reason error)
}

// transfer is one run of Copy.
type transfer struct {
	Source
	to Target
	Progress
	bytes int64 // since the last step
}

// Copy copies the database. After an error the target cannot be used.
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

// definitions reads the collections in the order of their creation. Secrets stay in their stored
// form, since they are not used here.
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

// views creates the views, each after the views that it reads. A view that the engine refuses
// keeps its definition but has no rows, so that its query can be corrected.
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

// system creates the tables of the server itself and copies their rows.
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

// migrating is the database for migrations.
type migrating struct {
	tx       store.Tx
	migrator store.Migrator
}

// Exec implements migrations.DB.
func (m migrating) Exec(sql string) error {
	_, err := m.tx.Exec(m.migrator.Migration(sql))
	return err
}

// stepBytes is the number of bytes copied between two steps; that takes a millisecond or two.
const stepBytes = 128 << 10

// count adds to the number of copied bytes.
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
